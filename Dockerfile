# An image with the plugin, for pipelines that run in the cluster:
#
#   kubectl img build -t REGISTRY/kubectl-img .
#
# If the build context has a vendor directory, nothing is downloaded.
ARG GO_IMAGE=golang:1.26
FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY . .
ARG VERSION=0.0.0-dev
ARG COMMIT=unknown
ENV CGO_ENABLED=0 GOFLAGS=-buildvcs=false
RUN go build -trimpath \
    -ldflags "-s -w -X github.com/kubectl-img/kubectl-img/plugin.Version=${VERSION} -X github.com/kubectl-img/kubectl-img/plugin.Commit=${COMMIT}" \
    -o /kubectl-img ./cmd/kubectl-img

FROM scratch
COPY --from=build /kubectl-img /kubectl-img
USER 65532:65532
ENTRYPOINT ["/kubectl-img"]
