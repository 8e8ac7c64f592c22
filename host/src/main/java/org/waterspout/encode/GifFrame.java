package org.waterspout.encode;

import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadata;
import org.w3c.dom.Element;

/**
 * Where the first frame of a GIF file stands: the specification of 1989 (GIF89a), sections 18 to 23.
 *
 * @param screenWidth  of the screen, or of more where the frame goes beyond it
 * @param screenHeight the same
 * @param hasColours   whether the file says what the numbers of colours mean
 * @param behind       the number of the colour of what the frame leaves free
 */
record GifFrame(int screenWidth, int screenHeight, int left, int top, boolean hasColours, int behind) {

    static GifFrame of(ImageReader reader) throws IOException {
        Element file = tree(reader.getStreamMetadata());
        Element frame = tree(reader.getImageMetadata(0));
        Element screen = child(file, "LogicalScreenDescriptor");
        Element place = child(frame, "ImageDescriptor");
        int left = number(place, "imageLeftPosition");
        int top = number(place, "imageTopPosition");
        Element control = child(frame, "GraphicControlExtension");
        boolean transparent = control != null && control.getAttribute("transparentColorFlag").equalsIgnoreCase("true");
        return new GifFrame(Math.max(number(screen, "logicalScreenWidth"), left + reader.getWidth(0)),
                Math.max(number(screen, "logicalScreenHeight"), top + reader.getHeight(0)), left, top,
                child(file, "GlobalColorTable") != null || child(frame, "LocalColorTable") != null,
                transparent ? number(control, "transparentColorIndex") : 0);
    }

    private static Element tree(IIOMetadata metadata) {
        return (Element) metadata.getAsTree(metadata.getNativeMetadataFormatName());
    }

    private static Element child(Element parent, String name) {
        return (Element) parent.getElementsByTagName(name).item(0);
    }

    private static int number(Element element, String attribute) {
        return Integer.parseInt(element.getAttribute(attribute));
    }
}
