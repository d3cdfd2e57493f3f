package stack

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fate of what a managed resource stands for when the stack is deleted.
type fate struct {
	DeletionPolicy     string   `json:"deletionPolicy,omitempty"`
	ManagementPolicies []string `json:"managementPolicies,omitempty"`
}

var (
	goes     = fate{}
	orphaned = fate{DeletionPolicy: "Orphan"}
	// undeleted is every management policy but Delete.
	undeleted = fate{ManagementPolicies: []string{"Observe", "Create", "Update", "LateInitialize"}}
)

// fates of a stack's managed resources, by resource.
func fates(t *testing.T, s *Stack) map[string]fate {
	t.Helper()
	found := map[string]fate{}
	for _, r := range append(databaseResources(s, nil), objectStoreResources(s, nil)...) {
		raw, err := json.Marshal(r.Object)
		if err != nil {
			t.Fatal(err)
		}
		var object struct {
			Spec struct {
				fate
				ProviderConfigRef any
			}
		}
		if err := json.Unmarshal(raw, &object); err != nil {
			t.Fatal(err)
		}
		if object.Spec.ProviderConfigRef != nil {
			found[r.Name] = object.Spec.fate
		}
	}
	return found
}

// everySetting has every managed resource there.
const everySetting = `objectStore: {versioning: Enabled, lifecycle: {expireAfterDays: 1}}`

// Data stays with everything that protects it: a retained bucket without its access block would be
// open. Users, rights, identities and keys always go: they are nobody's once the stack is gone, and
// a user that stayed would leave its successor without a password. So does what deletes data by
// itself.
func TestWhatIsRetained(t *testing.T) {
	data := map[string][]string{
		"database":    {"database"},
		"objectStore": {"bucket", "bucket-public-access-block", "bucket-encryption", "bucket-versioning"},
	}
	always := []string{"database-user", "database-grant", "bucket-user", "bucket-policy", "bucket-policy-attachment", "bucket-access-key",
		"bucket-lifecycle"} // a bucket that is kept stops expiring
	cases := map[string]struct {
		reason   string
		mods     []mod
		retained fate
		stores   []string // whose data is retained
	}{
		"Claim":      {"data is kept unless somebody asks for its end", nil, orphaned, []string{"database", "objectStore"}},
		"Namespaced": {"in the form of the other scope", []mod{namespaced}, undeleted, []string{"database", "objectStore"}},
		"Delete": {
			"asked for",
			[]mod{claims(t, `{database: {deletionPolicy: Delete}, objectStore: {deletionPolicy: Delete}}`)},
			orphaned,
			nil,
		},
		"DeleteDatabase": {
			"each store has its own word",
			[]mod{claims(t, `database: {deletionPolicy: Delete}`)},
			orphaned,
			[]string{"objectStore"},
		},
		"DeleteBucket": {
			"each store has its own word",
			[]mod{claims(t, `objectStore: {deletionPolicy: Delete}`), namespaced},
			undeleted,
			[]string{"database"},
		},
		"DeleteByDefault": {
			"the class may say so for every claim",
			[]mod{classes(t, `defaults: {database: {deletionPolicy: Delete}, objectStore: {deletionPolicy: Delete}}`)},
			orphaned,
			nil,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			want := map[string]fate{}
			for _, r := range always {
				want[r] = goes
			}
			for _, rs := range data {
				for _, r := range rs {
					want[r] = goes
				}
			}
			for _, store := range tc.stores {
				for _, r := range data[store] {
					want[r] = tc.retained
				}
			}
			if diff := cmp.Diff(want, fates(t, newStack(t, append(tc.mods, claims(t, everySetting))...))); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

func TestForceDestroy(t *testing.T) {
	cases := map[string]struct {
		reason string
		spec   string
		want   bool
	}{
		"Retain": {"objects must not go with a bucket that is kept", `{}`, false},
		"Delete": {"and a bucket with objects would never go without", `objectStore: {deletionPolicy: Delete}`, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, claims(t, tc.spec))
			if got := bucket(s).Spec.ForProvider.ForceDestroy; got != tc.want {
				t.Errorf("%s: forceDestroy of the bucket is %t", tc.reason, got)
			}
			if !iamUser(s).Spec.ForProvider.ForceDestroy {
				t.Error("a user goes with its keys, in whatever order they are deleted")
			}
		})
	}
}
