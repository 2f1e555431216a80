import { connect } from 'node:net';

/** ApiVersions, version 0, correlation id 7, without a client id: the first thing a client asks. */
const REQUEST = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff]);
const ANSWER_BYTES_MIN = 10;
const ANSWER_MS_MAX = 2_000;

/**
 * Whether a Kafka broker speaks there: an open port alone could be anything. Asked by hand, since a
 * client library would log, retry and warn while the broker is not there yet.
 */
export async function brokerAnswers(port: number, host = '127.0.0.1'): Promise<boolean> {
  const socket = connect({ port, host });
  let received = Buffer.alloc(0);
  try {
    return await new Promise<boolean>((resolve) => {
      const no = () => {
        resolve(false);
      };
      socket.setTimeout(ANSWER_MS_MAX, no);
      socket.on('error', no);
      socket.on('close', no);
      socket.on('connect', () => socket.write(REQUEST));
      socket.on('data', (bytes) => {
        received = Buffer.concat([received, bytes]);
        if (received.length >= ANSWER_BYTES_MIN) resolve(isWelcome(received));
      });
    });
  } finally {
    socket.destroy();
  }
}

/** Length, then the correlation id sent, then error code 0. */
function isWelcome(answer: Buffer): boolean {
  return answer.readInt32BE(4) === 7 && answer.readInt16BE(8) === 0;
}
