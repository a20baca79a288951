// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import org.osgi.framework.Version;

/**
 * A build of a driver bundle: two builds of one symbolic name and version differ by content.
 *
 * @param digest SHA-256 of the jar, in hex
 */
record Build(String symbolicName, Version version, String digest) {
    /** The start of the location of every bundle that deployment installs. */
    static final String PREFIX = "vfio.deploy:";

    /** Returns the location under which the bundle is installed. */
    String location() {
        return PREFIX + symbolicName + "/" + version + "/" + digest;
    }

    /** Returns the first 12 digits of the digest, which are enough to tell builds apart. */
    String shortDigest() {
        return digest.substring(0, 12);
    }

    @Override
    public String toString() {
        return symbolicName + " " + version;
    }
}
