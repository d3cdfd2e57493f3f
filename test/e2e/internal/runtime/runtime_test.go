package runtime

import "testing"

// The package manager writes images in any of these ways, and a registry may have a port.
func TestProgram(t *testing.T) {
	for image, want := range map[string]string{
		"xpkg.example.org/team/function-a:v0.1.0":            "function-a",
		"localhost:5000/function-a@sha256:00":                "function-a",
		"localhost:5000/team/function-a:v0.1.0@sha256:00":    "function-a",
		"xpkg.example.org/team/function-patch-and-transform": "function-patch-and-transform",
	} {
		if is := program(image); is != want {
			t.Errorf("%s is %s, want %s", image, is, want)
		}
	}
}
