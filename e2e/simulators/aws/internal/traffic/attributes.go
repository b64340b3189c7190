package traffic

import (
	"strconv"
	"time"
)

// Attributes are an object's, by AWS's keys. Values were validated when they were set, so one that cannot be read is
// taken as absent.
type Attributes map[string]string

// Bool is a true or false attribute.
func (a Attributes) Bool(key string, absent bool) bool {
	if value, err := strconv.ParseBool(a[key]); err == nil {
		return value
	}
	return absent
}

// Int is a whole number.
func (a Attributes) Int(key string, absent int) int {
	if value, err := strconv.Atoi(a[key]); err == nil {
		return value
	}
	return absent
}

// Seconds is a duration in whole seconds.
func (a Attributes) Seconds(key string, absent time.Duration) time.Duration {
	return time.Duration(a.Int(key, int(absent/time.Second))) * time.Second
}

// Text is a string attribute.
func (a Attributes) Text(key, absent string) string {
	if value, ok := a[key]; ok && value != "" {
		return value
	}
	return absent
}
