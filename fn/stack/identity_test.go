package stack

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// The vectors were computed apart from this code. A stack whose name came out differently would
// lose its data.
func TestIdentityNeverChanges(t *testing.T) {
	cases := map[string]struct {
		salt, cluster, namespace, stack string
		want                            string
	}{
		"Short":   {testSalt, "demo", "team-a", "demo", "kfpteamaervfsfqnemo2hbzi"},
		"Longest": {"f2ca1bb6c7e907d06dafe4687e579fce", "prod-eu", "data-science-recommendations", "pipelines", "kfpdatasciencquvgk5qfpu6ry33q"},
		"Varint":  {testSalt, "demo", strings.Repeat("a", 63), strings.Repeat("x", 200), "kfpaaaaaaaaaaxtpafmv5pqm3zv7f"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := identity(tc.salt, tc.cluster, tc.namespace, tc.stack); got != tc.want {
				t.Errorf("identity is %s, want %s", got, tc.want)
			}
		})
	}
}

// The UID of the namespace is one more part. The vector was computed apart from this code.
func TestIdentityOfUID(t *testing.T) {
	const uid, other = "0b7f3c9e-4a51-4d0e-9a5b-2f6c8d1e7a90", "5d1f8a34-93c2-4b7e-8f60-c7e2b9a4d613"
	name := func(mods ...mod) string { return newStack(t, mods...).ID }
	byUID := classes(t, `identityFrom: NamespaceUID`)
	in := func(uid string) mod {
		return func(g *given) {
			g.world.Required = map[string][]kube.Observed{askNamespace: {found(t, `{metadata: {name: team-a, uid: `+uid+`}}`)}}
		}
	}
	first := name(byUID, in(uid))
	if want := "kfpteama4l5xabbf67qc5v6v"; first != want {
		t.Errorf("identity is %s, want %s", first, want)
	}
	for reason, another := range map[string]string{
		"the namespace was made anew":        name(byUID, in(other)),
		"the class goes by the name":         name(in(uid)),
		"a UID cannot be a namespace's name": identity(testSalt, "demo", uid, "demo"),
	} {
		if another == first {
			t.Errorf("%s, and the name is the same: %s", reason, first)
		}
	}
	if name(in(uid)) != name(in(other)) {
		t.Error("a class that goes by the name asks for the UID")
	}
}

func TestIdentityShape(t *testing.T) {
	shape := regexp.MustCompile(`^kfp[a-z0-9]{0,10}[a-z2-7]{16}$`)
	cases := map[string]struct {
		reason    string
		namespace string
		readable  string
	}{
		"Plain":      {"a short namespace stays whole", "fraud", "kfpfraud"},
		"Separators": {"hyphens break KFP's unquoted CREATE DATABASE, and _ is a wildcard in a grant", "data-science-2", "kfpdatascienc"},
		"Long":       {"MySQL ends user names at 32 characters, and a generation follows", "a-very-long-namespace-name", "kfpaverylongn"},
		"Digits":     {"the prefix keeps a leading digit from being the first character", "42", "kfp42"},
		"NoneLeft":   {"a namespace without letters is told by its hash alone", "---", "kfp"},
		"Foreign":    {"only what is the same in every character set stays", "ÄÖÜ_%.X", "kfp"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := identity(testSalt, "demo", tc.namespace, "demo")
			if !shape.MatchString(got) || len(got) > 29 {
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
		parts  [4]string
	}{
		"Base":           {"what all others are held against", [4]string{"salt", "ab", "cd", "ef"}},
		"OtherSalt":      {"who does not know the salt knows no name", [4]string{"SALT", "ab", "cd", "ef"}},
		"OtherCluster":   {"the server may be shared by clusters", [4]string{"salt", "ax", "cd", "ef"}},
		"OtherNamespace": {"a namespace is a tenant", [4]string{"salt", "ab", "cx", "ef"}},
		"OtherStack":     {"a second stack starts anew", [4]string{"salt", "ab", "cd", "ex"}},
		"MovedLeft":      {"a letter that moves across the border makes another list", [4]string{"salt", "abc", "d", "ef"}},
		"MovedRight":     {"in the other direction too", [4]string{"salt", "a", "bcd", "ef"}},
		"Swapped":        {"order counts", [4]string{"salt", "ab", "ef", "cd"}},
		"Together":       {"all in one part is not all in three", [4]string{"salt", "abcdef", "", ""}},
	}
	seen := map[string]string{}
	for name, tc := range cases {
		hash := identity(tc.parts[0], tc.parts[1], tc.parts[2], tc.parts[3])
		hash = hash[len(hash)-16:]
		if other, taken := seen[hash]; taken {
			t.Errorf("%s and %s share the hash %s: %s", name, other, hash, tc.reason)
		}
		seen[hash] = name
	}
}

// A generation's number follows the name, and MySQL ends the names of users at 32 characters.
func TestIdentityLeavesRoomForAGeneration(t *testing.T) {
	const room = 32 - len("g99")
	rnd := rand.New(rand.NewPCG(1, 2))
	text := func(alphabet string, most int) string {
		b := make([]byte, rnd.IntN(most+1))
		for i := range b {
			b[i] = alphabet[rnd.IntN(len(alphabet))]
		}
		return string(b)
	}
	const label = "abcdefghijklmnopqrstuvwxyz0123456789-"
	shape := regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	for range 2000 {
		salt, cluster, namespace, stack := text(label+"ABC", 128), text(label, 63), text(label, 63), text(label, 51)
		if got := identity(salt, cluster, namespace, stack); len(got) > room || !shape.MatchString(got) {
			t.Fatalf("identity of %q in %q of %q is %q with %d characters, want at most %d", stack, namespace, cluster, got, len(got), room)
		}
	}
}
