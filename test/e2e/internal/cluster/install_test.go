package cluster

import "testing"

func TestNewest(t *testing.T) {
	if got := newest([]string{"generations/3.6", "generations/3.10", "generations/3.9"}); got != "generations/3.10" {
		t.Errorf("newest is %s", got)
	}
}
