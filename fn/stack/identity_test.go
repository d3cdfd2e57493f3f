package stack

import (
	"regexp"
	"strings"
	"testing"
)

// The vectors were computed apart from this code. A stack whose name came out differently would lose its data.
func TestIdentityNeverChanges(t *testing.T) {
	cases := map[string]struct {
		cluster, namespace, stack string
		want                      string
	}{
		"Short":   {"demo", "team-a", "demo", "kfpteamabrvxkr6czajufb6h"},
		"Longest": {"prod-eu", "data-science-recommendations", "pipelines", "kfpdatasciencerec5pyfj7qdwec4ul4"},
		"Varint":  {"demo", strings.Repeat("a", 63), strings.Repeat("x", 200), "kfpaaaaaaaaaaaaabzcxirszxbemclcr"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := identity(tc.cluster, tc.namespace, tc.stack); got != tc.want {
				t.Errorf("identity is %s, want %s", got, tc.want)
			}
		})
	}
}

func TestIdentityShape(t *testing.T) {
	shape := regexp.MustCompile(`^kfp[a-z0-9]{0,13}[a-z2-7]{16}$`)
	cases := map[string]struct {
		reason    string
		namespace string
		readable  string
	}{
		"Plain":      {"a short namespace stays whole", "fraud", "kfpfraud"},
		"Separators": {"hyphens break KFP's unquoted CREATE DATABASE, and _ is a wildcard in a grant", "data-science-2", "kfpdatascience2"},
		"Long":       {"MySQL ends user names at 32 characters", "a-very-long-namespace-name", "kfpaverylongname"},
		"Digits":     {"the prefix keeps a leading digit from being the first character", "42", "kfp42"},
		"NoneLeft":   {"a namespace without letters is told by its hash alone", "---", "kfp"},
		"Foreign":    {"only what is the same in every character set stays", "ÄÖÜ_%.X", "kfp"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := identity("demo", tc.namespace, "demo")
			if !shape.MatchString(got) || len(got) > 32 {
				t.Errorf("%s: %q has %d characters and does not match %s, or is too long", tc.reason, got, len(got), shape)
			}
			if readable := got[:len(got)-16]; readable != tc.readable {
				t.Errorf("%s: readable part is %q, want %q", tc.reason, readable, tc.readable)
			}
		})
	}
}

func TestIdentityTellsPartsApart(t *testing.T) {
	cases := map[string]struct {
		reason string
		parts  [3]string
	}{
		"Base":           {"what all others are held against", [3]string{"ab", "cd", "ef"}},
		"OtherCluster":   {"the server may be shared by clusters", [3]string{"ax", "cd", "ef"}},
		"OtherNamespace": {"a namespace is a tenant", [3]string{"ab", "cx", "ef"}},
		"OtherStack":     {"a second stack starts anew", [3]string{"ab", "cd", "ex"}},
		"MovedLeft":      {"a letter that moves across the border makes another list", [3]string{"abc", "d", "ef"}},
		"MovedRight":     {"in the other direction too", [3]string{"a", "bcd", "ef"}},
		"Swapped":        {"order counts", [3]string{"ab", "ef", "cd"}},
		"Together":       {"all in one part is not all in three", [3]string{"abcdef", "", ""}},
	}
	seen := map[string]string{}
	for name, tc := range cases {
		hash := identity(tc.parts[0], tc.parts[1], tc.parts[2])
		hash = hash[len(hash)-16:]
		if other, taken := seen[hash]; taken {
			t.Errorf("%s and %s share the hash %s: %s", name, other, hash, tc.reason)
		}
		seen[hash] = name
	}
}
