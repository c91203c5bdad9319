package history

// BurnDownSeries is what [History.BurnDown] draws.
var BurnDownSeries = History.burnDown
