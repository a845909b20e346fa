package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const googleProjectNumber = "123456789012"

// googleAPI is an API of Google Cloud that has what gcloud needs to make a repository, a service account and role bindings.
type googleAPI struct {
	mu       sync.Mutex
	made     []string // paths of what was made
	bindings []string // resource, role and member
}

// newGoogleAPI starts the API. gcloud uses it with the environment that is returned.
func newGoogleAPI(t *testing.T) (*googleAPI, []string) {
	t.Helper()
	g := &googleAPI{}
	server := httptest.NewServer(http.HandlerFunc(g.answer))
	t.Cleanup(server.Close)
	token := filepath.Join(t.TempDir(), "token")
	write(t, token, "ya29.admin\n")
	env := []string{
		"CLOUDSDK_CONFIG=" + t.TempDir(), "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE=" + token, "CLOUDSDK_CORE_DISABLE_PROMPTS=1",
		"CLOUDSDK_CORE_CHECK_GCE_METADATA=false", "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING=true",
	}
	for _, api := range []string{"ARTIFACTREGISTRY", "CLOUDRESOURCEMANAGER", "IAM"} {
		env = append(env, "CLOUDSDK_API_ENDPOINT_OVERRIDES_"+api+"="+server.URL+"/")
	}
	return g, env
}

func (g *googleAPI) answer(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	resource, method, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/"), ":")
	switch {
	case method == "getIamPolicy":
		_, err = fmt.Fprint(w, `{"etag": "ACAB", "version": 1}`)
	case method == "setIamPolicy":
		err = g.bind(w, resource, body)
	case r.Method == http.MethodPost && strings.HasSuffix(resource, "/repositories"):
		g.made = append(g.made, resource+"/"+r.URL.Query().Get("repositoryId"))
		_, err = fmt.Fprint(w, `{"name": "projects/my-project/locations/europe-west1/operations/1", "done": true, "response": {}}`)
	case r.Method == http.MethodPost && strings.HasSuffix(resource, "/serviceAccounts"):
		var account struct {
			ID string `json:"accountId"`
		}
		err = json.Unmarshal(body, &account)
		g.made = append(g.made, resource+"/"+account.ID)
		_, _ = fmt.Fprint(w, `{}`)
	default: // the project, or something that has been made
		_, err = fmt.Fprintf(w, `{"projectNumber": %q}`, googleProjectNumber)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
}

func (g *googleAPI) bind(w io.Writer, resource string, body []byte) error {
	var request struct {
		Policy json.RawMessage `json:"policy"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return err
	}
	var policy struct {
		Bindings []struct {
			Members []string `json:"members"`
			Role    string   `json:"role"`
		} `json:"bindings"`
	}
	if err := json.Unmarshal(request.Policy, &policy); err != nil {
		return err
	}
	for _, b := range policy.Bindings {
		for _, member := range b.Members {
			g.bindings = append(g.bindings, resource+" "+b.Role+" "+member)
		}
	}
	_, err := w.Write(request.Policy)
	return err
}
