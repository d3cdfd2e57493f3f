package stack

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// dsnValue is what a parameter of a connection takes.
type dsnValue struct {
	form  string
	valid func(string) bool
}

var (
	dsnTime = dsnValue{"must be a time with its unit, such as 30s, from 1s to 24h, or 0s for no limit", func(v string) bool {
		d, err := time.ParseDuration(v)
		return err == nil && (d == 0 || d >= time.Second && d <= 24*time.Hour)
	}}
	dsnBool = dsnValue{`must be "true" or "false"`, func(v string) bool { return v == "true" || v == "false" }}
	dsnSize = dsnValue{"must be a whole number of at most nine digits", regexp.MustCompile(`^[0-9]{1,9}$`).MatchString}
)

// dsnAllowed are the parameters of the API server's connection that a claim may set. They are a
// closed list: go-sql-driver/mysql takes any other name for a variable of the server and sets it at
// each connect, which fails where there is none (Error 1193), and a name such as "x=1&tls" would
// turn off encryption.
var dsnAllowed = map[string]dsnValue{
	"timeout": dsnTime, "readTimeout": dsnTime, "writeTimeout": dsnTime,
	"checkConnLiveness": dsnBool, "interpolateParams": dsnBool, "rejectReadOnly": dsnBool,
	// Pipelines are written whole; 0 is what the server says.
	"maxAllowedPacket": {"must be 0, or from 1048576 to 1073741824 bytes", func(v string) bool {
		n, err := strconv.ParseUint(v, 10, 31)
		return err == nil && (n == 0 || n >= 1<<20 && n <= 1<<30)
	}},
	"collation": {
		"must be a collation of utf8mb4, such as utf8mb4_general_ci", regexp.MustCompile(`^utf8mb4_[a-z0-9_]+$`).MatchString,
	},
	// Variables that MySQL and MariaDB both have.
	"innodb_lock_wait_timeout": dsnSize, "lock_wait_timeout": dsnSize, "wait_timeout": dsnSize,
	"sql_mode": {
		`must be modes between single quotes, such as "'STRICT_TRANS_TABLES'"`, regexp.MustCompile(`^'([A-Z_]+(,[A-Z_]+)*)?'$`).MatchString,
	},
}

// dsnReserved are parameters that the stack or KFP sets.
var dsnReserved = map[string]bool{"tls": true, "charset": true, "parseTime": true, "loc": true, "group_concat_max_len": true}

// validateExtraParams checks the parameters that a claim adds to the API server's connection.
func validateExtraParams(params map[string]string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(params)) {
		value, allowed := dsnAllowed[name]
		switch {
		case dsnReserved[name]:
			errs = append(errs, field.Forbidden(path.Key(name), "the stack sets it"))
		case !allowed:
			errs = append(errs, field.NotSupported(path.Key(name), name, slices.Sorted(maps.Keys(dsnAllowed))))
		case !value.valid(params[name]):
			errs = append(errs, field.Invalid(path.Key(name), params[name], value.form))
		}
	}
	return errs
}
