package apis

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// What the examples have people apply is taken by an API server, the mistakes of examples/invalid
// too: they are for the function to find.
func TestExamplesAreAccepted(t *testing.T) {
	stacks, servers := stackServers(t), map[string]*server{}
	servers["PipelineStackClass"], servers["XPipelineStack"], servers["PipelineStack"] = classServer(t), stacks["composite"], stacks["claim"]
	seen := map[string]int{}
	err := filepath.WalkDir(filepath.Join(root, "examples"), func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		if err != nil || name != "class.yaml" && name != "claim.yaml" && name != "xr.yaml" {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		object := parse(t, string(raw))
		kind, _ := object["kind"].(string)
		server := servers[kind]
		if filepath.Base(filepath.Dir(path)) == "quickstart-namespaced" && kind == "PipelineStack" {
			server = stacks["namespaced"]
		}
		if server == nil {
			t.Errorf("%s: nobody knows kind %q", path, kind)
			return nil
		}
		seen[kind]++
		delete(object, "status") // is cut to what the function reads
		if errs := server.create(object); len(errs) > 0 {
			t.Errorf("%s: %v", path, errs.ToAggregate())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen["PipelineStackClass"] < 10 || seen["XPipelineStack"] < 10 || seen["PipelineStack"] < 2 {
		t.Errorf("met only %v; the examples are misread", seen)
	}
}
