package org.waterspout.model.text.characters;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Words that a tokenizer does not tell, by pieces as byte-level and SentencePiece tokenizers cut them. */
class WordsTest {

    /** Pieces stand between strokes, words between double ones; a space is its next piece's. */
    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', value = {
            "un|believ|able|| 3|14||!|| C||+||+",
            "São|| Pau|lo||,|| naï|ve",
            "नम|स्|ते|| हि|न्|दी|| भा|षा",
            "क|ा|म|| कि|त|ा|ब",
            "த|மி|ழ்|| மொ|ழி",
            "ภาษา||ไทย||สนุก",
            "ก|า||ร||เรียน||น้|ำ",
            "ភាសា||ខ្|មែ||រ",
            "ພາສາ||ລາວ||ຄ|ຳ",
            "မြ||န်||မ|ာ||စာ",
            "張三||住||在||北京||，||李||四",
            "東京||タワ|ー||に||行く||。",
            "한국|어|| 말|씀",
            "a||東京||b2|c",
            "👩|‍💻|| x",
            "e|́t|é"})
    void wordsAreThoseOfTheScript(String marked) {
        List<Integer> starts = new ArrayList<>();
        List<Integer> ends = new ArrayList<>();
        List<Integer> expected = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        String[] words = marked.split("\\|\\|");
        for (int word = 0; word < words.length; word++) {
            for (String piece : words[word].split("\\|")) {
                starts.add(text.length());
                ends.add(text.append(piece).length());
                expected.add(word);
            }
        }
        assertEquals(expected, numbers(text.toString(), starts, ends), text.toString());
    }

    /** As byte-level tokenizers cut: the bytes of a character are pieces with its place; a piece may stand for nothing. */
    @ParameterizedTest
    @CsvSource({"東京,'0,0,0,1,1','1,1,1,2,2','0,0,0,1,1'", "a 😀b,'0,1,2,2,4','1,2,4,4,5','0,1,2,2,3'", "ab,'0,1,1','1,1,2','0,0,0'"})
    void piecesOfOneCharacterAreOneWord(String text, String starts, String ends, String expected) {
        assertEquals(list(expected), numbers(text, list(starts), list(ends)));
    }

    private static List<Integer> list(String numbers) {
        return Arrays.stream(numbers.split(",")).map(Integer::valueOf).toList();
    }

    private static List<Integer> numbers(String text, List<Integer> starts, List<Integer> ends) {
        int[] numbers = Words.numbers(text, starts.stream().mapToInt(i -> i).toArray(), ends.stream().mapToInt(i -> i).toArray(),
                starts.size());
        return Arrays.stream(numbers).boxed().toList();
    }
}
