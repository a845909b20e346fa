package circle

func Up() { down() }
