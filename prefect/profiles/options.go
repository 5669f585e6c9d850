package profiles

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/pytext"
	"github.com/pacific-aci/pacific/prefect"
)

// Text gives a setting's value as it was written.
func (s *Settings) Text(name string) string { return s.Value(name).Value }

// Bool gives a setting of [KindBool]. Prefect's own words for true and false are read: 1, true, t, yes, y, on and their
// opposites. The error is an [*InvalidSettingError].
func (s *Settings) Bool(name string) (bool, error) {
	v := s.Value(name)
	value, ok := parseBool(v.Value)
	if !ok && v.Origin != OriginDefault {
		return false, checkSetting(v)
	}
	return value, nil
}

// Int gives a setting of [KindInt], 0 when it has neither value nor default. The error is an [*InvalidSettingError].
func (s *Settings) Int(name string) (int, error) {
	v := s.Value(name)
	if v.Value == "" && v.Origin == OriginDefault {
		return 0, nil
	}
	value, err := strconv.Atoi(strings.TrimSpace(v.Value))
	if err != nil {
		return 0, checkSetting(v)
	}
	return value, nil
}

// Float gives a setting of [KindFloat] or [KindSeconds], 0 when it has neither value nor default. The error is an
// [*InvalidSettingError].
func (s *Settings) Float(name string) (float64, error) {
	v := s.Value(name)
	if v.Value == "" && v.Origin == OriginDefault {
		return 0, nil
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(v.Value), 64)
	if err != nil {
		return 0, invalidSetting(v, "a number")
	}
	return value, nil
}

// Seconds gives a setting that is a number of seconds.
func (s *Settings) Seconds(name string) (time.Duration, error) {
	value, err := s.Float(name)
	return time.Duration(value * float64(time.Second)), err
}

// Options are what a [prefect.Client] needs to reach the API of these settings. URL is empty when none is set, which is Prefect's
// ephemeral mode: [prefect.NewClient] refuses it, as Pacific starts no server. Transport and Log are the caller's.
//
// The errors are [*InvalidSettingError] for the settings that matter here.
func (s *Settings) Options() (prefect.Options, error) {
	o := prefect.Options{
		URL:        s.Text("PREFECT_API_URL"),
		APIKey:     s.Text("PREFECT_API_KEY"),
		AuthString: s.Text("PREFECT_API_AUTH_STRING"),
		CloudURL:   s.Text("PREFECT_CLOUD_API_URL"),
	}
	o.TLS.CAFile = s.Text("PREFECT_API_SSL_CERT_FILE")
	if s.Value("PREFECT_API_SSL_CERT_FILE").Origin == OriginDefault {
		o.TLS.CAFile = s.source.env("SSL_CERT_FILE") // Prefect's default
	}
	if o.TLS.CAFile != "" {
		o.TLS.CAFile = s.source.path(o.TLS.CAFile)
	}
	var err error
	if o.TLS.InsecureSkipVerify, err = s.Bool("PREFECT_API_TLS_INSECURE_SKIP_VERIFY"); err != nil {
		return o, err
	}
	csrf, err := s.Bool("PREFECT_CLIENT_CSRF_SUPPORT_ENABLED")
	if err != nil {
		return o, err
	}
	o.DisableCSRF = !csrf
	if o.Timeout, err = s.Seconds("PREFECT_API_REQUEST_TIMEOUT"); err != nil {
		return o, err
	}
	if o.Headers, err = s.headers(); err != nil {
		return o, err
	}
	o.Retries, err = s.retries()
	return o, err
}

// headers reads PREFECT_CLIENT_CUSTOM_HEADERS, a JSON object of texts.
func (s *Settings) headers() (map[string]string, error) {
	v := s.Value("PREFECT_CLIENT_CUSTOM_HEADERS")
	if v.Value == "" {
		return nil, nil
	}
	var headers map[string]string
	if json.Unmarshal([]byte(v.Value), &headers) != nil {
		return nil, invalidSetting(v, `JSON such as {"NAME": "value"}`)
	}
	return headers, nil
}

// retries translates Prefect's zeros, which mean never, into ours, which mean the default.
func (s *Settings) retries() (prefect.RetryOptions, error) {
	var r prefect.RetryOptions
	var err error
	if r.Max, err = s.Int("PREFECT_CLIENT_MAX_RETRIES"); err != nil {
		return r, err
	}
	if r.Jitter, err = s.Float("PREFECT_CLIENT_RETRY_JITTER_FACTOR"); err != nil {
		return r, err
	}
	if r.Max == 0 {
		r.Max = -1
	}
	if r.Jitter == 0 {
		r.Jitter = -1
	}
	v := s.Value("PREFECT_CLIENT_RETRY_EXTRA_CODES")
	for text := range strings.SplitSeq(v.Value, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		code, err := strconv.Atoi(text)
		if err != nil || code < 100 || code > 599 {
			return r, invalidSetting(v, "HTTP statuses from 100 to 599, such as 404,429")
		}
		r.ExtraCodes = append(r.ExtraCodes, code)
	}
	slices.Sort(r.ExtraCodes)
	r.ExtraCodes = slices.Compact(r.ExtraCodes)
	return r, nil
}

// Environment gives the settings that are set anywhere, as the variables that Prefect hands to the containers of flow
// runs: under 3.9's names, secrets in clear, numbers and truth values as Python writes them (30 as 30.0 where a fraction
// is allowed, 0 as False).
func (s *Settings) Environment() map[string]string {
	env := map[string]string{}
	for _, v := range s.Values() {
		if v.Origin != OriginDefault {
			env[v.Name] = v.pythonText()
		}
	}
	return env
}

// pythonText is the value as Python prints it after reading it; what it would refuse stays as it is.
func (v SettingValue) pythonText() string {
	text := strings.TrimSpace(v.Value)
	switch v.Kind {
	case KindBool:
		if value, ok := parseBool(text); ok {
			return pytext.Str(value)
		}
	case KindInt:
		if value, err := strconv.Atoi(text); err == nil {
			return strconv.Itoa(value)
		}
	case KindFloat:
		if value, err := strconv.ParseFloat(text, 64); err == nil {
			return pytext.Float(value)
		}
	}
	return v.Value
}
