package managed

// DatabaseParameters of provider-sql's Database.
type DatabaseParameters struct {
	DefaultCharacterSet string `json:"defaultCharacterSet,omitempty"`
	DefaultCollation    string `json:"defaultCollation,omitempty"`
}

// SQLUserParameters of provider-sql's User. Left empty the provider makes the password itself, 27
// letters and digits, and publishes it only when it creates the user.
type SQLUserParameters struct {
	ResourceOptions *SQLUserOptions `json:"resourceOptions,omitempty"`
}

// SQLUserOptions are a user's limits; zero is the server's own. All four are always written: the
// provider compares them by their place in a list, so that with one of them it would alter the user
// at every poll.
type SQLUserOptions struct {
	MaxQueriesPerHour     int32 `json:"maxQueriesPerHour"`
	MaxUpdatesPerHour     int32 `json:"maxUpdatesPerHour"`
	MaxConnectionsPerHour int32 `json:"maxConnectionsPerHour"`
	MaxUserConnections    int32 `json:"maxUserConnections"`
}

// GrantParameters of provider-sql's Grant. Several grants for one user and database fight each
// other.
type GrantParameters struct {
	Privileges  []string   `json:"privileges"`
	UserRef     *Reference `json:"userRef,omitempty"`
	DatabaseRef *Reference `json:"databaseRef,omitempty"`
}
