package stack

import (
	"encoding/json"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// logrusLevel are the levels as KFP's and Argo's logger names them.
var logrusLevel = map[v1alpha1.LogLevel]string{
	v1alpha1.LogDebug: "debug",
	v1alpha1.LogInfo:  "info",
	v1alpha1.LogWarn:  "warn",
	v1alpha1.LogError: "error",
}

// compactJSON of a value that cannot fail to marshal: maps and structs of strings. Keys come
// sorted.
func compactJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// indentedJSON of a value that cannot fail to marshal, on lines that people can read. Readers of
// YAML also read JSON, and JSON is cheaper: writing YAML goes through JSON twice, and a call writes
// several. Keys come sorted.
func indentedJSON(v any) string {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err)
	}
	return string(b)
}

// seconds of a duration, whole, as flags and environment variables take them.
func seconds(d *metav1.Duration) string { return strconv.FormatInt(int64(d.Seconds()), 10) }
