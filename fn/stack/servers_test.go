package stack

import "testing"

// embeddedClasses are the class of stacks that have servers of their own.
var embeddedClasses = map[string]string{"embedded": `{database: {allowedTypes: [Embedded]}, objectStore: {allowedTypes: [Embedded]}}`}

// strangers are all that no server knows.
var strangers = []string{"a/stranger", "a/workbench", "a/client", "a/ml-pipeline-persistenceagent", "b/*", "world", "databases/mysql"}

// Forbidden pairs of stacks with servers of their own, beside those that all stacks have.
var forbiddenServers = []forbiddenPair{
	{
		pair{"a database is for who has its login", strangers, many("a/ml-pipeline-database"), ports(3306)},
		many("policy default-deny", "policy database"),
	},
	{
		pair{"nor for pipelines", many("a/pipeline*", "a/ml-pipeline-ui"), many("a/ml-pipeline-database"), ports(3306)},
		many("no stack in peers", "policy default-deny", "policy database", "policy ui"),
	},
	{
		pair{"by whatever label", many("a/pipeline as *"), many("a/ml-pipeline-database"), ports(3306)},
		many("no workflow in peers", "no workflow in selectors"),
	},
	{
		pair{"so is an object store", strangers, many("a/ml-pipeline-object-store"), ports(7070)},
		many("policy default-deny", "policy object-store"),
	},
	{
		pair{"a pipeline's data is in its own", many("a/pipeline*"), many("b/ml-pipeline-object-store"), ports(7070)},
		many("except 10.0.0.0/8", "policy default-deny", "policy object-store"),
	},
	{
		pair{
			"servers call nobody",
			many("a/ml-pipeline-database", "a/ml-pipeline-object-store"),
			many("world", "world6", "node", "metadata service", "a/stranger", "b/stranger"),
			ports(53, 80, 443, 6443),
		},
		many("policy default-deny", "policy database", "policy object-store"),
	},
}

func TestForbiddenPairsOfServers(t *testing.T) {
	forbid(t, forbiddenServers, embeddedClasses)
}

func TestNeededPairsOfServers(t *testing.T) {
	needed := []pair{
		{"who has a login", many("a/ml-pipeline", "a/metadata-grpc-deployment"), many("a/ml-pipeline-database"), ports(3306)},
		{"who has the keys", many("a/ml-pipeline", "a/ml-pipeline-ui", "a/pipeline*"), many("a/ml-pipeline-object-store"), ports(7070)},
	}
	for _, ranges := range []bool{true, false} {
		c := tenants(t, ranges, embeddedClasses["embedded"])
		for _, p := range needed {
			if refused := c.refused(t, p); refused != nil {
				t.Errorf("ranges hold pods: %t: %s: refused: %v", ranges, p.reason, refused)
			}
		}
	}
}
