// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.file.TrustedPath;

/**
 * The private folder into which every file is copied before it is looked at, under the digest of its content: what is
 * verified is what is installed, whatever becomes of the operator's file. It is emptied when made and when closed, but for
 * the builds that an update or a hold needs; a mark in it says that deployment may empty it.
 */
final class Staging implements AutoCloseable {
    /** The largest jar, in bytes. */
    static final long LARGEST = 128L << 20;
    private static final int OTHERS_WRITE = 0022;

    private static final String MARK = ".vfio-staging";

    private final Path folder;
    private final Supplier<Set<String>> kept;

    /**
     * Makes and empties the folder.
     *
     * @param kept answers the digests of the copies that are always kept
     * @throws IOException with a sentence where the folder is used by others: it is not emptied then
     */
    Staging(Path folder, Supplier<Set<String>> kept) throws IOException {
        this.kept = kept;
        try {
            this.folder = TrustedPath.ofThisProcess().makeFolder(folder);
        } catch (FileSystemException e) {
            throw foreign(folder, e.getReason() == null ? e.toString() : e.getReason());
        }
        int mode = (Integer) Files.getAttribute(this.folder, "unix:mode");
        if ((mode & OTHERS_WRITE) != 0) {
            throw foreign(folder, "others may write it (mode " + Integer.toOctalString(mode & 07777) + ")");
        }
        claim();
        retain(Set.of());
    }

    private void claim() throws IOException {
        if (Files.exists(folder.resolve(MARK), LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            if (entries.iterator().hasNext()) {
                throw foreign(folder, "there are files in it that are not deployment's, and all would be deleted");
            }
        }
        Files.createFile(folder.resolve(MARK));
    }

    private static IOException foreign(Path folder, String why) {
        return new IOException("drivers cannot be staged in " + folder + ": " + why
                + "; set vfio.deploy:staging to a new or an empty folder");
    }

    /** Copies a file that is no link; returns the SHA-256 of the copied bytes, in hex. */
    String copy(Path file) throws IOException, JarRefusal {
        Path part = Files.createTempFile(folder, "copy", ".tmp");
        try {
            MessageDigest sha = sha256();
            try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS);
                    OutputStream out = Files.newOutputStream(part)) {
                copy(in, out, sha);
            }
            String digest = HexFormat.of().formatHex(sha.digest());
            Files.move(part, path(digest), StandardCopyOption.ATOMIC_MOVE);
            return digest;
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static void copy(InputStream in, OutputStream out, MessageDigest sha) throws IOException, JarRefusal {
        byte[] chunk = new byte[1 << 16];
        long total = 0;
        for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
            total += n;
            if (total > LARGEST) {
                throw new JarRefusal("too large: a driver's jar has at most " + (LARGEST >> 20) + " MiB");
            }
            sha.update(chunk, 0, n);
            out.write(chunk, 0, n);
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Returns the path of a copy. */
    Path path(String digest) {
        return folder.resolve(digest + ".jar");
    }

    /**
     * Has a copy on the disk.
     *
     * @throws VfioException EIO where it is not here, or cannot be
     */
    void force(String digest) {
        try (FileChannel copy = FileChannel.open(path(digest), StandardOpenOption.READ)) {
            copy.force(true);
        } catch (IOException e) {
            throw new VfioException(Errno.EIO, "the staged copy cannot be kept: " + (e instanceof NoSuchFileException
                    ? "it is not in " + folder + " any more; is there space? Copy the file again" : PlainText.causes(e)), e);
        }
    }

    /** Tells whether a copy is here, whole. */
    boolean holds(String digest) {
        MessageDigest sha = sha256();
        try (InputStream in = new DigestInputStream(Files.newInputStream(path(digest), LinkOption.NOFOLLOW_LINKS), sha)) {
            in.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(sha.digest()).equals(digest);
        } catch (IOException e) {
            return false;
        }
    }

    /** Removes every copy but those of some digests, and those that are always kept. */
    void retain(Set<String> needed) {
        Set<String> digests = new HashSet<>(kept.get());
        digests.addAll(needed);
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "*.{jar,tmp}")) {
            for (Path entry : entries) {
                if (!digests.contains(entry.getFileName().toString().replace(".jar", ""))) {
                    Files.deleteIfExists(entry);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot clean staging folder " + folder, e);
        }
    }

    @Override
    public void close() {
        retain(Set.of());
    }
}
