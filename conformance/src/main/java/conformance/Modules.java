// SPDX-License-Identifier: Apache-2.0
package conformance;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/** The modules of the reactor as its pom names them, profiles aside. */
final class Modules {
    private Modules() {
    }

    /** Folders of all modules but this one, whose tests carry tags to test with. */
    static List<Path> of(Path reactor) throws IOException {
        List<Path> folders = new ArrayList<>();
        for (Element modules : children(pom(reactor.resolve("pom.xml")), "modules")) {
            for (Element module : children(modules, "module")) {
                String name = module.getTextContent().strip();
                if (!name.equals("conformance")) {
                    folders.add(reactor.resolve(name));
                }
            }
        }
        return folders;
    }

    private static Element pom(Path file) throws IOException {
        try {
            DocumentBuilder builder = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder();
            return builder.parse(file.toFile()).getDocumentElement();
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException("read " + file + ": " + e.getMessage(), e);
        }
    }

    private static List<Element> children(Element parent, String name) {
        List<Element> found = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && element.getTagName().equals(name)) {
                found.add(element);
            }
        }
        return found;
    }
}
