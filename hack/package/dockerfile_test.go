package main

import (
	"go/version"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A stage is one of a Dockerfile: its FROM, and what follows by instruction, in order.
type stage struct {
	from         string
	instructions map[string][]string
}

// TestDockerfile holds the Dockerfile against the image that this command builds, because not every
// machine that builds the one can build the other.
func TestDockerfile(t *testing.T) {
	stages := dockerfile(t)
	if len(stages) != 2 {
		t.Fatalf("the Dockerfile has %d stages, want one that builds and one that runs", len(stages))
	}
	build, run := stages[0], stages[1]

	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	language := version.Lang("go" + string(regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(mod)[1]))
	image := regexp.MustCompile(`^--platform=\$\{BUILDPLATFORM\} golang:(\d+\.\d+) AS build$`).FindStringSubmatch(build.from)
	if image == nil || version.Compare("go"+image[1], language) < 0 {
		t.Errorf(
			"the first stage is FROM %s, which is not the build stage on the builder's platform with %s of go.mod or newer",
			build.from,
			language,
		)
	}

	compile := "GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build -o /function " + shell(compilerArgs("${VERSION}"))
	cases := map[string]struct {
		reason string
		got    []string
		want   []string
	}{
		"Compile": {
			reason: "Both images hold the same binary.",
			got:    compilers(build), want: []string{compile},
		},
		"Static": {
			reason: "The base has no C library.",
			got:    build.instructions["ENV"], want: []string{"CGO_ENABLED=0"},
		},
		"Arguments": {
			reason: "An argument of the builder that nobody declares is empty.",
			got:    build.instructions["ARG"], want: []string{"TARGETOS", "TARGETARCH", "VERSION=dev"},
		},
		"Base": {
			reason: "The image holds no shell and no package manager, and its user has an entry.",
			got:    []string{run.from}, want: []string{"gcr.io/distroless/static-debian12:nonroot"},
		},
		"Contents": {
			reason: "Nothing is in the image but the base and the function.",
			got:    append(slices.Clone(run.instructions["COPY"]), slices.Concat(run.instructions["ADD"], run.instructions["RUN"])...),
			want:   []string{"--from=build /function " + runtimeConfig.Entrypoint[0]},
		},
		"Entrypoint": {
			reason: "Arguments of a DeploymentRuntimeConfig follow the program.",
			got: slices.Concat(
				run.instructions["ENTRYPOINT"],
				run.instructions["CMD"],
			),
			want: []string{`["` + strings.Join(runtimeConfig.Entrypoint, `", "`) + `"]`},
		},
		"User": {
			reason: "Pod Security restricted wants a number, or cannot tell that it is not root.",
			got:    run.instructions["USER"], want: []string{runtimeConfig.User},
		},
		"Port": {
			reason: "Crossplane calls the port that the function listens on.",
			got:    run.instructions["EXPOSE"], want: ports(),
		},
		"Environment": {
			reason: "The collector of both is set alike.",
			got:    run.instructions["ENV"], want: runtimeConfig.Env,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.got); diff != "" {
				t.Errorf("%s -what make package builds, +Dockerfile\n%s", tc.reason, diff)
			}
		})
	}
}

// dockerfile reads the stages: comments go, continued lines are joined and spaces are single.
func dockerfile(t *testing.T) []stage {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^\s*#.*\n`).ReplaceAllString(string(b), "")
	text = strings.ReplaceAll(text, "\\\n", " ")
	var stages []stage
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		rest := strings.Join(words[1:], " ")
		if words[0] == "FROM" {
			stages = append(stages, stage{from: rest, instructions: map[string][]string{}})
			continue
		}
		if len(stages) == 0 {
			t.Fatalf("the line %q is before any stage", line)
		}
		i := stages[len(stages)-1].instructions
		i[words[0]] = append(i[words[0]], rest)
	}
	return stages
}

// compilers are the commands of a stage that call go build, without the caches they mount and with
// the arguments in one order.
func compilers(s stage) []string {
	var out []string
	for _, c := range s.instructions["RUN"] {
		if !strings.Contains(c, "go build") {
			continue
		}
		c = regexp.MustCompile(`--mount=\S+ `).ReplaceAllString(c, "")
		to := regexp.MustCompile(` -o \S+`)
		out = append(out, strings.Replace(to.ReplaceAllString(c, ""), "go build", "go build"+to.FindString(c), 1))
	}
	return out
}

// shell quotes what has spaces.
func shell(args []string) string {
	var out []string
	for _, a := range args {
		if strings.Contains(a, " ") {
			a = `"` + a + `"`
		}
		out = append(out, a)
	}
	return strings.Join(out, " ")
}

// ports are those of the image; TCP is what EXPOSE means.
func ports() []string {
	var out []string
	for p := range runtimeConfig.ExposedPorts {
		out = append(out, strings.TrimSuffix(p, "/tcp"))
	}
	slices.Sort(out)
	return out
}
