//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// An execution is a line of documentation that executes a command in a container.
type execution struct {
	pod, container string
	command        []string
	from, to       string // files
}

// parseExec reads a line such as
//
//	$ kubectl -n team-a exec -i pod -c container -- sh -c 'a command' < file
func parseExec(t *testing.T, line string) (execution, bool) {
	t.Helper()
	before, after, ok := strings.Cut(strings.TrimSpace(line), " -- ")
	words := strings.Fields(before)
	if !ok || len(words) < 5 || words[1] != "kubectl" || words[4] != "exec" {
		return execution{}, false
	}
	words = words[5:]
	if words[0] == "-i" {
		words = words[1:]
	}
	if len(words) != 3 || words[1] != "-c" {
		t.Fatalf("%q is not understood", line)
	}
	e := execution{pod: words[0], container: words[2]}
	if command, file, ok := strings.Cut(after, " > "); ok {
		after, e.to = command, file
	}
	if command, file, ok := strings.Cut(after, " < "); ok {
		after, e.from = command, file
	}
	if script, ok := strings.CutPrefix(after, "sh -c '"); ok {
		e.command = []string{"sh", "-c", strings.TrimSuffix(script, "'")}
	} else {
		e.command = strings.Fields(after)
	}
	return e, true
}

func (e execution) stdin(files map[string][]byte) io.Reader {
	if e.from == "" {
		return nil
	}
	return bytes.NewReader(files[e.from])
}

// loseData undoes what write did.
func (s *stack) loseData(ctx context.Context) error {
	db, err := s.open(ctx, s.status("database", "name"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, "DROP TABLE runs"); err != nil {
		return err
	}
	b, err := s.bucket(ctx)
	if err != nil {
		return err
	}
	key, bucket := artifact, s.status("objectStore", "bucket")
	_, err = b.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key})
	return err
}

// backedUp runs the commands of docs/operations.md: what they saved is there again after it was
// lost.
func (s *stack) backedUp(t *testing.T) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(plane.Root, "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	var commands []execution
	for line := range strings.Lines(string(page)) {
		if c, ok := parseExec(t, line); ok {
			commands = append(commands, c)
		}
	}
	if len(commands) != 4 {
		t.Fatalf("the page has %d commands that save and restore, want 4", len(commands))
	}
	files := map[string][]byte{}
	run := func(c execution) {
		t.Helper()
		out, err := client.Exec(t.Context(), s.namespace, c.pod, c.container, c.stdin(files), c.command...)
		if err != nil {
			t.Fatal(err)
		}
		if c.to != "" {
			files[c.to] = out
		}
	}
	run(commands[0])
	run(commands[1])
	if err := s.loseData(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.wrote(t.Context()) == nil {
		t.Fatal("the data is not lost")
	}
	run(commands[2])
	run(commands[3])
	s.mustHaveWritten(t, "after it was restored")
}
