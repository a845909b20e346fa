package engine

import (
	"testing"

	bolt "go.etcd.io/bbolt"
)

// TestEphemeral opens the databases of a state that is kept, and of one that is not.
func TestEphemeral(t *testing.T) {
	for _, ephemeral := range []bool{false, true} {
		opt, err := workerOptions(t.Context(), t.TempDir(), Options{Backend: "native", Ephemeral: ephemeral, Runtime: "/bin/true"})
		if err != nil {
			t.Fatal(err)
		}
		for name, db := range map[string]any{"metadata": opt.MetadataStore.DB(), "content": opt.ContentMetadata} {
			if err := db.(interface {
				View(func(*bolt.Tx) error) error
			}).View(func(tx *bolt.Tx) error {
				if tx.DB().NoSync != ephemeral {
					t.Errorf("ephemeral %v: NoSync of %s is %v", ephemeral, name, tx.DB().NoSync)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		}
		if bolt.DefaultOptions.NoSync != ephemeral {
			t.Errorf("ephemeral %v: NoSync of the snapshots is %v", ephemeral, bolt.DefaultOptions.NoSync)
		}
	}
}
