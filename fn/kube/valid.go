package kube

import (
	"cmp"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/distribution/reference"
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

// ValidateCIDRs requires ranges as network policies take them.
func ValidateCIDRs(cidrs []string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, c := range cidrs {
		errs = append(errs, ValidateCIDR(c, path.Index(i))...)
	}
	return errs
}

// ValidateCIDR requires a range as network policies take it: 10.0.0.0/8, not 10.1.0.0/8.
func ValidateCIDR(cidr string, path *field.Path) field.ErrorList {
	p, err := netip.ParsePrefix(cidr)
	words := "must be a range in CIDR form, such as 10.0.0.0/8"
	switch addr, notAddr := netip.ParseAddr(cidr); {
	case err == nil && p.Addr().Is4In6():
		words += ": write the IPv4 address as such"
	case err == nil && p == p.Masked():
		return nil
	case err == nil:
		words += ": that address lies in " + p.Masked().String()
	case notAddr == nil && !addr.Is4In6() && addr.Zone() == "":
		words += fmt.Sprintf(": one address is %s/%d", addr, addr.BitLen())
	}
	return field.ErrorList{field.Invalid(path, cidr, words)}
}

// ValidateImage requires a reference that a node could pull, as far as one can tell without asking
// a registry. Nodes read it by the same library. No image at all is valid.
func ValidateImage(image string, path *field.Path) field.ErrorList {
	if image == "" {
		return nil
	}
	if _, err := reference.ParseNormalizedNamed(image); err != nil {
		return field.ErrorList{
			field.Invalid(path, image, "must be the reference of an image, such as registry.example.org/kfp/ui:2.17.0: "+err.Error()),
		}
	}
	return nil
}

// ValidateRegistry requires what may stand before the path of an image: a host, perhaps with a port
// and a path. No registry at all is valid.
func ValidateRegistry(registry string, path *field.Path) field.ErrorList {
	if registry == "" {
		return nil
	}
	const words = "must be a host with a dot or a port, and perhaps a path, in small letters and without a scheme, such as mirror.example.org/kfp"
	base := strings.TrimSuffix(registry, "/")
	host, _, _ := strings.Cut(base, "/")
	_, port, _ := strings.Cut(host, ":")
	_, outOfRange := strconv.ParseUint(cmp.Or(port, "443"), 10, 16)
	named, err := reference.ParseNormalizedNamed(base + "/image")
	if err != nil || outOfRange != nil || reference.Domain(named) != host || registry != strings.ToLower(registry) {
		return field.ErrorList{field.Invalid(path, registry, words)}
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

// ValidateHost requires what a pod could reach under one spelling in every client: a name in small
// letters or an IPv4 address, without a port. An IPv6 address has no spelling that database clients
// and providers share, and every pod is a localhost of its own. A loopback address passes: a sidecar
// of each pod may listen there.
func ValidateHost(host string, path *field.Path) field.ErrorList {
	var words string
	addr, err := netip.ParseAddr(host)
	last := host[strings.LastIndex(host, ".")+1:]
	switch {
	case err == nil && !addr.Is4():
		words = "must not be an IPv6 address: give it a name"
	case err != nil && last != "" && strings.Trim(last, "0123456789") == "":
		words = "must be a host name or an IPv4 address, which has four numbers from 0 to 255"
	case err == nil && addr.IsUnspecified(), host == "localhost", strings.HasSuffix(host, ".localhost"):
		words = "must not be a name of the pod itself, which every pod has: name the server"
	case len(validation.IsDNS1123Subdomain(host)) > 0:
		words = "must be a host name in small letters or an IPv4 address, without scheme and port"
	default:
		return nil
	}
	return field.ErrorList{field.Invalid(path, host, words)}
}

// IsCertificates says whether text holds certificates only.
func IsCertificates(text string) bool {
	rest, found := []byte(text), false
	if strings.Contains(text, "PRIVATE KEY") {
		return false // even one that does not parse, and is skipped below
	}
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
