package managed

// DatabaseParameters of provider-sql's Database.
type DatabaseParameters struct {
	DefaultCharacterSet string `json:"defaultCharacterSet,omitempty"`
	DefaultCollation    string `json:"defaultCollation,omitempty"`
}

// SQLUserParameters of provider-sql's User. Left empty the provider makes the password itself, 27
// letters and digits, and publishes it only when it creates the user.
type SQLUserParameters struct{}

// GrantParameters of provider-sql's Grant. Several grants for one user and database fight each
// other.
type GrantParameters struct {
	Privileges  []string   `json:"privileges"`
	UserRef     *Reference `json:"userRef,omitempty"`
	DatabaseRef *Reference `json:"databaseRef,omitempty"`
}
