package buildflags

import (
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-img/kubectl-img/internal/cli"
	"github.com/kubectl-img/kubectl-img/podspec"
)

func (f *podFlags) readResources(options *podspec.Options) error {
	var err error
	if options.Requests, err = f.readQuantities("request", f.requests); err != nil {
		return err
	}
	if options.Limits, err = f.readQuantities("limit", f.limits); err != nil {
		return err
	}
	for name, request := range options.Requests {
		if limit, ok := options.Limits[name]; ok && request.Cmp(limit) > 0 {
			return cli.Usagef("%s %s=%s is more than %s %s=%s", f.source("request"), name, request.String(), f.source("limit"), name, limit.String())
		}
	}
	return nil
}

func (f *podFlags) readQuantities(flag string, values []string) (corev1.ResourceList, error) {
	var list corev1.ResourceList
	for _, value := range values {
		name, quantity, err := parseQuantity(value)
		if err != nil {
			return nil, f.invalid(flag, value, err)
		}
		if list == nil {
			list = corev1.ResourceList{}
		}
		list[name] = quantity
	}
	return list, nil
}

func parseQuantity(value string) (corev1.ResourceName, resource.Quantity, error) {
	name, amount, ok := strings.Cut(value, "=")
	if !ok {
		return "", resource.Quantity{}, errors.New("want NAME=QUANTITY, for example memory=1Gi")
	}
	switch corev1.ResourceName(name) {
	case corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
	default:
		return "", resource.Quantity{}, fmt.Errorf("unknown resource %q: want cpu, memory or ephemeral-storage", name)
	}
	quantity, err := resource.ParseQuantity(amount)
	if err != nil {
		return "", resource.Quantity{}, fmt.Errorf("quantity %q: %w", amount, err)
	}
	if quantity.Sign() <= 0 {
		return "", resource.Quantity{}, fmt.Errorf("quantity %q: want more than 0", amount)
	}
	return corev1.ResourceName(name), quantity, nil
}
