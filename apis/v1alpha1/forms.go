package v1alpha1

// Forms of text that many fields have. They are other names for string, so that code need not
// convert; the schema of each field is bounded by them.

// ObjectName is the name of an object of Kubernetes.
// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
// +kubebuilder:validation:MaxLength=253
type ObjectName = string

// NamespaceName is the name of a namespace, or of another object whose name is a DNS label.
// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
// +kubebuilder:validation:MaxLength=63
type NamespaceName = string

// DataKey is a key of a Secret or ConfigMap.
// +kubebuilder:validation:Pattern=`^\.?[-_a-zA-Z0-9][-._a-zA-Z0-9]*$`
// +kubebuilder:validation:MaxLength=253
type DataKey = string

// RoleName is the name of a role, which may hold colons.
// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([A-Za-z0-9:._-]*[A-Za-z0-9])?$`
// +kubebuilder:validation:MaxLength=253
type RoleName = string

// LabelValue is the value of a label.
// +kubebuilder:validation:Pattern=`^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$`
// +kubebuilder:validation:MaxLength=63
type LabelValue = string

// AnnotationValue is the value of an annotation.
// +kubebuilder:validation:MaxLength=4096
type AnnotationValue = string

// Host is a name in small letters, or an IPv4 address, without a scheme or a port. MySQL's clients
// and providers agree on no spelling of an IPv6 address. Its pattern is an object's name written
// otherwise, because the function says by pattern what is wanted.
// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`
// +kubebuilder:validation:MaxLength=253
type Host = string

// Image is the reference of an image: a host, perhaps a port, a path in small letters, and a tag, a
// digest or both.
// +kubebuilder:validation:Pattern=`^([a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?(:[0-9]{1,5})?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha(256:[a-f0-9]{64}|512:[a-f0-9]{128}))?$`
// +kubebuilder:validation:MaxLength=512
type Image = string

// CIDR is a range of addresses, such as 10.0.0.0/8.
// +kubebuilder:validation:Pattern=`^[0-9a-fA-F:.]+/[0-9]{1,3}$`
// +kubebuilder:validation:MaxLength=43
type CIDR = string

// CertificateText holds certificates, PEM-encoded.
// +kubebuilder:validation:Pattern=`^\s*-----BEGIN CERTIFICATE-----\s`
// +kubebuilder:validation:MaxLength=262144
type CertificateText = string

// ReleaseName is a version, with the distribution's name before it if it is one's.
// +kubebuilder:validation:Pattern=`^([a-z][a-z0-9]*-)?[0-9]+\.[0-9]+\.[0-9]+([-.][A-Za-z0-9]+)*$`
// +kubebuilder:validation:MaxLength=63
type ReleaseName = string

// SizeName is the name of a size.
// +kubebuilder:validation:Pattern=`^[A-Za-z][A-Za-z0-9-]*$`
// +kubebuilder:validation:MaxLength=63
type SizeName = string

// ShortName is a name that a class gives, and claims use.
// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`
// +kubebuilder:validation:MaxLength=63
type ShortName = string

// FieldPattern is the path of a field below spec, in which * stands for any steps.
// +kubebuilder:validation:Pattern=`^([A-Za-z0-9]+|\*)(\.([A-Za-z0-9]+|\*))*$`
// +kubebuilder:validation:MaxLength=253
type FieldPattern = string

// DataIdentity tells a stack's data from any other, as its status has it.
// +kubebuilder:validation:Pattern=`^[A-Za-z]+(/[!-.0-~]+)+$`
// +kubebuilder:validation:MaxLength=512
type DataIdentity = string

// ProxyURL is the URL of an HTTP proxy, without credentials.
// +kubebuilder:validation:Pattern=`^https?://[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?/?$`
// +kubebuilder:validation:MaxLength=253
type ProxyURL = string

// KeyARN is the ARN of a KMS key: not of an alias, by which IAM grants nothing.
// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`
// +kubebuilder:validation:MaxLength=512
type KeyARN = string

// TagValue is the value of a tag: letters, digits, spaces and _.:/=+-@ are what IAM takes.
// +kubebuilder:validation:Pattern=`^[\pL\pZ\pN_.:/=+@-]*$`
// +kubebuilder:validation:MaxLength=256
type TagValue = string

// ParamValue is the value of a parameter of a connection.
// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_.,:' -]+$`
// +kubebuilder:validation:MaxLength=256
type ParamValue = string

// BucketName is the name of a bucket, as S3 has it.
// +kubebuilder:validation:Pattern=`^[a-z0-9][a-z0-9.-]*[a-z0-9]$`
// +kubebuilder:validation:MinLength=3
// +kubebuilder:validation:MaxLength=63
type BucketName = string

// Command is the path of a program in an image.
// +kubebuilder:validation:Pattern=`^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$`
// +kubebuilder:validation:MaxLength=253
type Command = string
