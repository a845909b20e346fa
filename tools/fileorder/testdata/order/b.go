package order

func down() {}
