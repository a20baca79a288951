// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import org.osgi.framework.Version;

/**
 * The identity of a build: two builds of one name and version differ by content.
 *
 * @param digest SHA-256 of the jar, in hex
 */
record Build(String symbolicName, Version version, String digest) {
    /** Bundles of this location are ours. */
    static final String PREFIX = "vfio.deploy:";

    String location() {
        return PREFIX + symbolicName + "/" + version + "/" + digest;
    }

    /** The first digits of the digest: enough to tell builds apart. */
    String shortDigest() {
        return digest.substring(0, 12);
    }

    @Override
    public String toString() {
        return symbolicName + " " + version;
    }
}
