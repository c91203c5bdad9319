package config

import (
	"strings"
	"time"
	_ "time/tzdata" // zones must be known on Windows and in empty containers too
)

// zone is an IANA time zone.
func (v value) zone(to **time.Location) {
	name, ok := v.scalar()
	if !ok || name == "" {
		return
	}
	location, err := time.LoadLocation(name)
	if err == nil && name != "Local" {
		*to = location
		return
	}
	v.problem(func(w *words) string { return w.NotZone(v.quoted(), zoneHint(w, name)) })
}

// zoneHint names the zone that was probably meant.
func zoneHint(w *words, name string) string {
	if zone, ok := abbreviations[strings.ToUpper(name)]; ok {
		return w.ZoneName(zone)
	}
	if zone := Closest(name, commonZones); zone != "" {
		return w.ZoneMeant(zone)
	}
	for _, zone := range commonZones {
		if _, city, _ := strings.Cut(zone, "/"); strings.EqualFold(city, strings.ReplaceAll(name, " ", "_")) {
			return w.ZoneMeant(zone)
		}
	}
	return w.ZoneSuch
}

// abbreviations are what people write instead of a zone. Several mean more
// than one place; the one named is where most users of such gateways are.
var abbreviations = map[string]string{
	"CST": "Asia/Shanghai", "UTC+8": "Asia/Shanghai", "GMT+8": "Asia/Shanghai", "UTC+08:00": "Asia/Shanghai",
	"+08:00": "Asia/Shanghai", "BEIJING": "Asia/Shanghai", "ASIA/BEIJING": "Asia/Shanghai", "ASIA/SHENZHEN": "Asia/Shanghai",
	"JST": "Asia/Tokyo", "KST": "Asia/Seoul", "IST": "Asia/Kolkata", "CEST": "Europe/Berlin", "BST": "Europe/London",
	"EDT": "America/New_York", "CDT": "America/Chicago", "MDT": "America/Denver", "PST": "America/Los_Angeles",
	"PDT": "America/Los_Angeles", "AEST": "Australia/Sydney", "LOCAL": "Asia/Shanghai",
}

// commonZones are compared with a name that is not a zone.
var commonZones = []string{
	"UTC", "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Macau", "Asia/Urumqi", "Asia/Tokyo", "Asia/Seoul",
	"Asia/Singapore", "Asia/Kuala_Lumpur", "Asia/Bangkok", "Asia/Jakarta", "Asia/Manila", "Asia/Ho_Chi_Minh",
	"Asia/Kolkata", "Asia/Dubai", "Asia/Tehran", "Asia/Jerusalem", "Europe/Istanbul", "Europe/Moscow", "Europe/Kyiv",
	"Europe/Berlin", "Europe/Paris", "Europe/London", "Europe/Madrid", "Europe/Rome", "Europe/Amsterdam",
	"Europe/Zurich", "Europe/Vienna", "Europe/Warsaw", "Europe/Stockholm", "Europe/Lisbon", "Africa/Cairo",
	"Africa/Lagos", "Africa/Johannesburg", "America/New_York", "America/Chicago", "America/Denver",
	"America/Los_Angeles", "America/Toronto", "America/Vancouver", "America/Mexico_City", "America/Sao_Paulo",
	"America/Argentina/Buenos_Aires", "America/Bogota", "Australia/Sydney", "Australia/Melbourne", "Pacific/Auckland",
}
