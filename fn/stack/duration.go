package stack

import (
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// duration of a built-in default. It panics on what is not a duration, which any test of a default finds.
func duration(s string) *metav1.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		panic(err)
	}
	return &metav1.Duration{Duration: d}
}

// seconds of a duration, whole, as flags and environment variables take them.
func seconds(d *metav1.Duration) string { return strconv.FormatInt(int64(d.Seconds()), 10) }
