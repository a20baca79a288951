// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.io.Serializable;
import java.time.Instant;

/**
 * One thing that happened or was decided; text only, so that it keeps nothing of a driver's bundle alive.
 *
 * @param sequence counts from 1 without gaps
 * @param type a word in kebab case: {@code bound}, {@code driver-arrived}
 * @param subject what it happened to: a function, a driver, a file
 * @param text a clause for a person
 */
public record Event(long sequence, Instant time, String type, String subject, String text) implements Serializable {
}
