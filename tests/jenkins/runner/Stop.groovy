/** The time at which running steps must stop. It is changed when an abort comes. */
class Stop {

    volatile long at = Long.MAX_VALUE

}
