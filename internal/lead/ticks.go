package lead

import "time"

var began = time.Now()

func sinceStart() time.Duration { return time.Since(began) }
