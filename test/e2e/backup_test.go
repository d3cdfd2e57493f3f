//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"io"
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
