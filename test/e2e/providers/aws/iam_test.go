package aws

import "testing"

// The gateway knows no condition on accounts, so what stands in for IAM decides it.
func TestInAccount(t *testing.T) {
	statement := func(condition string) string {
		return `{"Statement":[{"Action":["s3:GetObject"],"Effect":"Allow"` + condition + `}]}`
	}
	cases := map[string]struct{ reason, document, want string }{
		"None": {"a statement without condition stays", statement(``), statement(``)},
		"Ours": {
			"every bucket is in the account that is played",
			statement(`,"Condition":{"StringEquals":{"aws:ResourceAccount":"` + Account + `"}}`),
			statement(``),
		},
		"Others": {
			"one in another account is not opened",
			statement(`,"Condition":{"StringEquals":{"aws:ResourceAccount":"123456789012"}}`),
			`{"Statement":null}`,
		},
		"More": {
			"other conditions stay",
			statement(`,"Condition":{"StringEquals":{"a":"b","aws:ResourceAccount":"` + Account + `"}}`),
			statement(`,"Condition":{"StringEquals":{"a":"b"}}`),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := inAccount(tc.document)
			if err != nil || !same(got, tc.want) {
				t.Errorf("%s: got %s, %v, want %s", tc.reason, got, err, tc.want)
			}
		})
	}
}
