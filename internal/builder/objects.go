package builder

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// ServiceAccountAnnotation returns an annotation of a service account. It is empty if there is none, or if the user has no right to read it.
func ServiceAccountAnnotation(ctx context.Context, client kubernetes.Interface, namespace, name, key string) string {
	account, err := client.CoreV1().ServiceAccounts(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return ""
	}
	return account.Annotations[key]
}

// SecretError says why a Secret holds no registry login.
type SecretError struct {
	Namespace, Name string
	Problem         string
}

func (e *SecretError) Error() string {
	return fmt.Sprintf("log in with secret %s/%s: %s", e.Namespace, e.Name, e.Problem)
}

// CheckSecret returns a *SecretError if the Secret does not exist or has the wrong type. It returns nil if the user may not get Secrets:
// the supervisor in the pod checks again.
//
// The request asks for a table, as kubectl get does, and so receives the type without the content. The type is enough: the API server
// requires the key that belongs to it.
func CheckSecret(ctx context.Context, client kubernetes.Interface, namespace, name string) error {
	table := &metav1.Table{}
	err := client.CoreV1().RESTClient().Get().Namespace(namespace).Resource("secrets").Name(name).
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").Param("includeObject", string(metav1.IncludeNone)).
		Do(ctx).Into(table)
	switch {
	case apierrors.IsNotFound(err):
		return &SecretError{namespace, name, "there is none of this name"}
	case err != nil:
		return nil
	}
	kind := cell(table, "Type")
	switch corev1.SecretType(kind) {
	case corev1.SecretTypeDockerConfigJson, corev1.SecretTypeDockercfg, "":
		return nil
	default:
		return &SecretError{namespace, name, fmt.Sprintf("its type is %s: want %s or %s", kind, corev1.SecretTypeDockerConfigJson, corev1.SecretTypeDockercfg)}
	}
}

// cell returns a value of the table's first row.
func cell(table *metav1.Table, column string) string {
	for i, c := range table.ColumnDefinitions {
		if c.Name == column && len(table.Rows) > 0 && i < len(table.Rows[0].Cells) {
			text, _ := table.Rows[0].Cells[i].(string)
			return text
		}
	}
	return ""
}
