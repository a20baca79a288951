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

    private static final int DIGEST_DIGITS = 64;

    /** Returns a build as read from a file; an IllegalArgumentException says what cannot be read. */
    static Build parse(String symbolicName, String version, String digest) {
        if (digest.length() != DIGEST_DIGITS || !digest.chars().allMatch(c -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f')) {
            throw new IllegalArgumentException("'" + digest + "' is no SHA-256"); // it becomes the name of a file
        }
        if (symbolicName.isBlank()) {
            throw new IllegalArgumentException("the symbolic name is missing");
        }
        return new Build(symbolicName, Version.parseVersion(version), digest);
    }

    /** Returns the location under which the bundle is installed. */
    String location() {
        return PREFIX + symbolicName + "/" + version + "/" + digest;
    }

    /** Returns the first 12 digits of the digest, which are enough to tell builds apart. */
    String shortDigest() {
        return digest.substring(0, 12);
    }

    /** Returns version and short digest, by which an operator tells builds of one name apart. */
    String versionAndDigest() {
        return version + " " + shortDigest();
    }

    /** Returns the version, with the short digest where another build's version is the same. */
    String versionBeside(Build other) {
        return version.equals(other.version) ? versionAndDigest() : version.toString();
    }

    @Override
    public String toString() {
        return symbolicName + " " + version;
    }
}
