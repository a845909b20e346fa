#!/bin/sh
# hand.sh POD.json CONTEXT REFERENCE: a build by hand, without the plugin, in pod `hand` of namespace $NAMESPACE.
set -eu
kubectl apply -n "$NAMESPACE" -f "$1"
kubectl wait -n "$NAMESPACE" --for=condition=Ready --timeout=2m pod/hand
tar -C "$2" -cf - . | kubectl exec -i -n "$NAMESPACE" hand -- sh -c "mkdir $CONTEXT && tar -xf - -C $CONTEXT"
kubectl exec -n "$NAMESPACE" hand -- img build -s "$STATE" --no-console -t "$3" "$CONTEXT"
kubectl exec -n "$NAMESPACE" hand -- img push -s "$STATE" "$3"
kubectl delete -n "$NAMESPACE" pod hand --wait=false --grace-period=1
