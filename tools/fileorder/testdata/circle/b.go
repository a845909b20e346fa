package circle

func down() {
	if false {
		Up()
	}
}
