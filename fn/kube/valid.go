package kube

import (
	"crypto/x509"
	"encoding/pem"
	"net/netip"
	"strings"
	"time"
	"unicode"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ValidateDuration requires whole seconds, at least one and at most most. No duration at all is
// valid.
func ValidateDuration(d *metav1.Duration, most time.Duration, path *field.Path) field.ErrorList {
	if d == nil || d.Duration >= time.Second && d.Duration <= most {
		return nil
	}
	return field.ErrorList{field.Invalid(path, d.Duration.String(), "must be from 1s to "+most.String())}
}

// ValidateCIDRs requires ranges as network policies take them: 10.0.0.0/8, not 10.1.0.0/8.
func ValidateCIDRs(cidrs []string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, c := range cidrs {
		if p, err := netip.ParsePrefix(c); err != nil || p != p.Masked() {
			errs = append(errs, field.Invalid(path, c, "must be a range in CIDR form, such as 10.0.0.0/8"))
		}
	}
	return errs
}

// ValidateImage requires a reference that a node could pull, as far as one can tell without asking
// a registry.
func ValidateImage(image string, path *field.Path) field.ErrorList {
	if strings.ContainsFunc(image, unicode.IsSpace) {
		return field.ErrorList{field.Invalid(path, image, "must be the reference of an image, without space")}
	}
	return nil
}

// ValidateNamespace requires a name that a namespace can have.
func ValidateNamespace(name string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, msg := range validation.IsDNS1123Label(name) {
		errs = append(errs, field.Invalid(path, name, msg))
	}
	return errs
}

// IsHost says whether text is a host name or an address, without a port.
func IsHost(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil || len(validation.IsDNS1123Subdomain(text)) == 0
}

// IsCertificates says whether text holds certificates only.
func IsCertificates(text string) bool {
	rest, found := []byte(text), false
	for len(strings.TrimSpace(string(rest))) > 0 {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil || b.Type != "CERTIFICATE" {
			return false
		}
		if _, err := x509.ParseCertificate(b.Bytes); err != nil {
			return false
		}
		found = true
	}
	return found
}

// InRanges says whether a range lies inside one of others. It is false for text that is not a
// range.
func InRanges(cidr string, ranges []string) bool {
	inner, err := netip.ParsePrefix(cidr)
	if err != nil {
		return false
	}
	for _, r := range ranges {
		outer, err := netip.ParsePrefix(r)
		if err == nil && outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr()) {
			return true
		}
	}
	return false
}
