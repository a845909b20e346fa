/** The moment from which on what runs is stopped; it may not be known yet. */
class Stop {

    volatile long at = Long.MAX_VALUE

}
