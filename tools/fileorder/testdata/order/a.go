package order

func Up() { down() }
