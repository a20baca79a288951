// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

/** Takes one named figure. */
interface Measurement {

    /**
     * @param place what is measured, and where there is room for files
     * @throws Exception where the product or the peer cannot be built or run, with a sentence that says what to do
     */
    Result measure(Place place) throws Exception;
}
