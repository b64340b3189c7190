package clock

import (
	"fmt"
	"time"
)

// Duration is a time.Duration that is text, such as "1m30s", in JSON and YAML.
type Duration time.Duration

// MarshalText gives "1m30s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads "1m30s".
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("read duration: %w", err)
	}
	*d = Duration(parsed)
	return nil
}
