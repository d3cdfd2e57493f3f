package stack

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	oldKey   = "arn:aws:kms:eu-central-1:123456789012:key/1"
	newKey   = "arn:aws:kms:eu-central-1:123456789012:key/2"
	bothKeys = `objectStore: {aws: {kmsKeys: {old: "` + oldKey + `", new: "` + newKey + `"}}}`
)

// encryptedWith is a stack whose bucket and policy are those of another.
func encryptedWith(t *testing.T, mods ...mod) mod {
	t.Helper()
	before := newStack(t, mods...)
	return func(g *given) {
		placed(t)(g)
		g.world.Observed[resBucketEncryption] = asObserved(t, bucketEncryption(before))
		g.world.Observed[resBucketPolicy] = asObserved(t, iamPolicy(before))
	}
}

// Objects stay readable whatever becomes of the key that they were written with: nobody encrypts them
// anew.
func TestKeysOnceUsedStayReadable(t *testing.T) {
	old := encryptedWith(t, classes(t, bothKeys), claims(t, `objectStore: {encryption: {key: old}}`))
	useOld, useNew := claims(t, `objectStore: {encryption: {key: old}}`), claims(t, `objectStore: {encryption: {key: new}}`)
	forgotten := func(g *given) {
		delete(g.world.Observed, resBucketEncryption)
		delete(g.world.Observed, resBucketPolicy)
		remember(t, g, "objectStore", `encryptionKeys: ["`+oldKey+`"]`)
	}
	cases := map[string]struct {
		reason  string
		mods    []mod
		current string
		earlier []string
		refused string // what ObjectStoreReady says that is not done
		note    string // what it says while it is True
	}{
		"Same":    {"one key, all along", []mod{old, classes(t, bothKeys), useOld}, oldKey, nil, "", ""},
		"Other":   {"the claim names another", []mod{old, classes(t, bothKeys), useNew}, newKey, []string{oldKey}, "", ""},
		"Removed": {"the claim names none", []mod{old, classes(t, bothKeys)}, "", []string{oldKey}, "", oldKey},
		"Block": {
			"nor does the class have any",
			[]mod{old}, "", []string{oldKey}, "", oldKey,
		},
		"Renamed": {
			"the class takes the name away",
			[]mod{old, classes(t, `objectStore: {aws: {kmsKeys: {new: "`+newKey+`"}}}`), useOld},
			oldKey,
			nil,
			"class/default: spec.objectStore.aws.kmsKeys[old] is not there, which spec.objectStore.encryption.key names, so the bucket keeps the key " +
				oldKey + ". Restore it, or name another key of the class",
			"",
		},
		"NoKeys": {
			"the class takes all names away",
			[]mod{old, useOld},
			oldKey,
			nil,
			"class/default: spec.objectStore.aws.kmsKeys[old] is not there, which spec.objectStore.encryption.key names, so the bucket keeps the key " +
				oldKey + ". Restore it, or name another key of the class",
			"",
		},
		"Moved": {
			"the name means another key",
			[]mod{old, classes(t, `objectStore: {aws: {kmsKeys: {old: "`+newKey+`"}}}`), useOld},
			newKey, []string{oldKey}, "", "",
		},
		"Forgotten": {
			"neither bucket nor policy is found, and the status remembers",
			[]mod{placed(t), forgotten, classes(t, bothKeys), useNew}, newKey, []string{oldKey}, "", "",
		},
		"ForgottenName": {
			"nor the name of the key",
			[]mod{placed(t), forgotten, useOld},
			oldKey,
			nil,
			"class/default: spec.objectStore.aws.kmsKeys[old] is not there, which spec.objectStore.encryption.key names, so the bucket keeps the key " +
				oldKey + ". Restore it, or name another key of the class",
			"",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, tc.mods...)
			var want []statement
			if tc.current != "" {
				want = append(want, statement{"Key", "Allow", []string{"kms:Decrypt", "kms:GenerateDataKey"}, tc.current, throughS3})
			}
			for _, key := range tc.earlier {
				want = append(want, statement{"EarlierKey1", "Allow", []string{"kms:Decrypt"}, key, throughS3})
			}
			got := keysIn(t, s)
			for i := range got {
				got[i].Sid = strings.Replace(got[i].Sid, "Key0", "Key1", 1)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
			if key := bucketEncryption(s).Spec.ForProvider.Rule[0].ApplyServerSideEncryptionByDefault.KMSMasterKeyID; key != tc.current {
				t.Errorf("%s: new objects are encrypted with %q, want %q", tc.reason, key, tc.current)
			}
			c := s.noted(says(s, ConditionObjectStore))
			if refused := c.Status == False; refused != (tc.refused != "") || refused && c.Message != tc.refused {
				t.Errorf("%s: %+v, want %q", tc.reason, c, tc.refused)
			}
			if tc.note != "" && !strings.Contains(c.Message, tc.note) {
				t.Errorf("%s: nobody is told that objects are encrypted with %s: %+v", tc.reason, tc.note, c)
			}
			if keys := s.status().ObjectStore.EncryptionKeys; len(keys) != len(want) || keys[0] != want[0].Resource {
				t.Errorf("%s: the status remembers %v", tc.reason, keys)
			}
		})
	}
}

// Whatever a policy holds beside keys of the bucket's region opens nothing.
func TestOnlyKeysAreRemembered(t *testing.T) {
	for _, resource := range []string{"*", "arn:aws:s3:::other", "arn:aws:kms:eu-west-1:123456789012:key/1", "arn:aws-cn:kms:cn-north-1:123456789012:key/1"} {
		planted := func(g *given) {
			g.world.Observed[resBucketPolicy] = found(t, `{spec: {forProvider: {policy: '{"Statement": [{"Resource": "`+resource+`"}]}'}}}`)
		}
		if got := keysIn(t, newStack(t, placed(t), planted)); len(got) > 0 {
			t.Errorf("%s: %v", resource, got)
		}
	}
}

// A new stack of a class without the key is refused: there is nothing to keep.
func TestUnknownKeys(t *testing.T) {
	for _, world := range []mod{func(*given) {}, placed(t)} {
		_, errs := tryStack(world, classes(t, bothKeys), claims(t, `objectStore: {encryption: {key: other}}`))
		if diff := cmp.Diff([]string{"FieldValueNotSupported spec.objectStore.encryption.key"}, refusals(errs)); diff != "" {
			t.Errorf("-want, +got\n%s", diff)
		}
	}
}

// keysIn the policy of a stack are its statements about keys.
func keysIn(t *testing.T, s *Stack) []statement {
	t.Helper()
	var policy struct{ Statement []statement }
	if err := json.Unmarshal([]byte(iamPolicy(s).Spec.ForProvider.Policy), &policy); err != nil {
		t.Fatal(err)
	}
	var keys []statement
	for _, st := range policy.Statement {
		if strings.HasPrefix(st.Action[0], "kms:") {
			keys = append(keys, st)
		}
	}
	return keys
}
