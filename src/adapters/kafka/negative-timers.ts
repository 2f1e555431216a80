/** What Node calls a timer that was asked for a time in the past. */
const NAME = 'TimeoutNegativeWarning';

let isHeld = false;

/**
 * kafkajs sets timers for times that are past when it connects, which Node tells the user about. It does
 * no harm and there is nothing to be done: all other warnings go on to whoever listened.
 */
export function holdNegativeTimerWarnings(): void {
  if (isHeld) return;
  isHeld = true;
  const listeners = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name === NAME) return;
    for (const listener of listeners) listener(warning);
  });
}
