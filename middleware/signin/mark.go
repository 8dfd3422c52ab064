package signin

// marks are drawings that tell the providers apart, as the data of an SVG path in a square
// of 24 by 24: letters and shapes of our own, no trademarks.
var marks = map[string]string{
	"google":    "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20M16 9.5a4.5 4.5 0 1 0 .5 3.5h-4.5",
	"microsoft": "M3 3h18v18H3zM7.5 16.5v-9l4.5 5.5l4.5-5.5v9",
	"github":    "M12 2l9 5v10l-9 5l-9-5V7zM10 9l-3 3l3 3M14 9l3 3l-3 3",
	"slack":     "M3 4h18v13h-9l-5 4v-4H3zM14.8 8.2c-1.2-1-5-.9-5 1s5 1.2 5 3s-3.8 2.1-5.2 .8",
	"hubspot":   "M12 1.5L22.5 12L12 22.5L1.5 12zM9.5 8.5v7M14.5 8.5v7M9.5 12h5",
	"saml":      "M2 9l10-6l10 6zM5 9v9M10 9v9M14 9v9M19 9v9M3 21h18",
	"oidc":      "M9 7a5 5 0 1 0 0 10a5 5 0 1 0 0-10M15 7a5 5 0 1 0 0 10a5 5 0 1 0 0-10",
}

// Mark returns a drawing that tells the provider apart from others, as the data of an SVG
// path in a square of 24 by 24 that is to be stroked.
func (p Provider) Mark() string {
	if mark, ok := marks[p.mark]; ok {
		return mark
	}
	return "M4 12h15M13 6l6 6l-6 6"
}
