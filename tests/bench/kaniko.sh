#!/bin/sh
# kaniko.sh CONTEXT IMAGE OVERRIDES: builds in a pod of kaniko's, in namespace $NAMESPACE.
set -eu
tar -C "$1" -cf - . | gzip | kubectl run kaniko -n "$NAMESPACE" --rm --stdin --restart=Never --pod-running-timeout=2m --image "$2" --overrides "$3"
