"""Short messages of both kinds, made by chance from a seed.

The corpus has hardly any message of one sentence between people who know each
other, and the spam of its day writes at length.  These make a small part of
what the classifier is trained on.
"""

import random
import re

WORDS = {
    "person": "Anna|Tom|my brother|my sister|my mother|our neighbour|the new colleague|Peter|Maria|Dr Lee|the landlord|Sam|Julia|the plumber|the team",
    "you": "you|you two|you all",
    "day": "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|tomorrow|today|next week|this weekend|tonight",
    "time": "at nine|at noon|at half past six|around eight|in the morning|in the afternoon|after work|before five|at 10:30|at 3",
    "place": "the office|the station|the library|the park|our house|the café|the airport|the school|the cinema|Room 12|the hotel|the lake",
    "meal": "lunch|dinner|breakfast|coffee|a walk|tea|a drink|a chat",
    "thing": "report|book|key|document|photo|recipe|draft|spreadsheet|letter|agenda|bicycle|umbrella|notebook|list|ticket|address|contract|paper",
    "work": "build|test|server|printer|patch|script|database|meeting|release|website|backup|review|deadline|presentation|schedule|kernel",
    "state": "is broken again|works now|is late|is done|looks fine to me|has changed|needs more time|was cancelled|went well|fails on my machine|is on your desk|is almost ready",
    "thanks": "Thanks|Thank you|Many thanks|Cheers|Thanks a lot",
    "soon": "soon|when you have a minute|before the weekend|when you are back|if you like|by Friday|whenever it suits you",
    "hello": "Hi|Hello|Hey|Dear Anna|Hi Tom|Good morning|Hi all",
    "bye": "See you|Best|Regards|Yours|Talk soon||||",
    "feeling": "I hope you are feeling better|I am looking forward to it|It was good to see you|Sorry for the late answer|I miss you|Happy birthday|Have a good trip|No problem at all|Sounds good|I am not sure yet|That was fun",
    "number": "two|three|four|five|ten|fifteen|twenty|thirty",
    "prize": "cash prize|free holiday|new car|gift card|laptop|phone|bonus|reward|lottery jackpot|dream cruise|shopping voucher|iPod",
    "money": "$500|$1,000|$5,000|$10,000|$1,000,000|one million dollars|thousands of dollars|extra cash|big money|a second income",
    "good": "pills|Viagra|watches|software|toner cartridges|university diplomas|mortgage rates|car insurance|credit cards|herbal supplements|DVDs|prescription drugs",
    "here": "click here|click below|click the link|call now|reply today|visit our site|order now|act now|sign up today|apply online|don't miss out",
    "claim": "claim your prize|claim it now|collect your money|get yours|start earning|receive your gift|save up to 80%|lower your payments",
    "exclaim": "!|!!|!!!|.||.",
}

MAIL = """
Can we meet for {meal} on {day}?
Do {you} want to meet for {meal} {day} {time}?
Let us have {meal} {day}, {person} will come too.
How about {meal} {time} on {day}?
Are {you} free on {day} {time}?
I will be at {place} {time}.
I am running {number} minutes late, sorry.
We will be there in {number} minutes.
{person} will arrive at {place} on {day} {time}.
Please bring the {thing} to {place} on {day}.
Could {you} bring the {thing} {day}?
Could you look at the {thing} {soon}?
Can you send me the {thing} {soon}?
Would you mind sending the {thing} to {person}?
Please send the {thing} to {person} {soon}.
Here is the {thing} you asked for.
I have attached the {thing} for {day}.
Did you see the {thing} that {person} left at {place}?
Have you finished the {thing} for {person}?
Where did you put the {thing}?
I left my {thing} at {place}.
Do you know who has the {thing}?
The {work} {state}.
The {thing} {state}.
I think the {work} {state}, can you check?
Since {day} the {work} {state}.
{person} says the {work} {state}.
{thanks}, the {work} works now.
{thanks} for the {thing}.
{thanks} for your help with the {work}.
{thanks}, see you {day}.
{feeling}.
{feeling}, {person} sends greetings.
The {work} is moved to {day} {time}.
Shall I call you {day} {time}?
Who is coming to {place} {day}?
Did {person} tell you about {day}?
What do you think of the {thing}?
Can you call {person} {soon}?
My train is late, I will call you from {place}.
I will read the {thing} {day}.
What time is the {work} on {day}?
We need {number} more chairs for {day}.
It rains, let us stay at {place}.
{person} is ill, so we have to move the {work}.
The children are with {person} until {day}.
Don't forget the {thing} for {person}.
I agree with {person}, the {work} can wait until {day}.
""".strip().split("\n")

SPAM = """
You have won a {prize}{exclaim} {here}
You won {money}{exclaim} {here} to {claim}
Congratulations, you are our winner{exclaim} {here} to {claim}
Congratulations{exclaim} You have been chosen to receive a {prize}
You have been selected for a {prize}, {here}
Your {prize} is waiting{exclaim} {here}
{here} to win a {prize}{exclaim}
Win a {prize} today{exclaim}
Last chance to {claim}{exclaim} {here}
Cheap {good}{exclaim} {here}
Best {good} at the lowest prices, {here}
Buy {good} online, no questions asked{exclaim}
Get {good} delivered to your door{exclaim}
FREE {good}{exclaim} {here} to {claim}
Save on {good}, limited time offer{exclaim}
Special offer: {good}, {here} and {claim}
Make {money} a week from home{exclaim}
Earn {money} without leaving your home, {here}
You can make {money} fast{exclaim} {here}
Need money{exclaim} Get {money} today, bad credit no problem{exclaim}
Get out of debt now, {here}
Lose {number} pounds in {number} days{exclaim}
Lose weight without diet, {here}
Meet hot singles in your area tonight{exclaim} {here}
Your account has been suspended, {here} to verify your password
Urgent: confirm your bank details to receive {money}
I am a prince and need your confidential help to move {money} out of my country
Dear friend, I have a business proposal worth {money}
100% free{exclaim} No risk{exclaim} {here}
Guaranteed results{exclaim} {here} to {claim}
Reach millions of customers with bulk email, {here}
Refinance your home at the lowest {good}{exclaim}
""".strip().split("\n")


class ShortMessages:
    """An endless row of (text, label 0 for mail and 1 for spam); `forbidden` texts are never made."""

    def __init__(self, seed, forbidden):
        self.random = random.Random(seed)
        self.words = {name: words.split("|") for name, words in WORDS.items()}
        self.forbidden = {self.key(text) for text in forbidden}

    @staticmethod
    def key(text):
        return " ".join(re.findall(r"[a-z]+", text.lower()))

    def filled(self, template):
        text = re.sub(r"\{(\w+)\}", lambda m: self.random.choice(self.words[m[1]]), template)
        return text[0].upper() + text[1:]

    def draw(self):
        while True:
            label = int(self.random.random() < 0.4)
            parts = [self.filled(self.random.choice(SPAM if label else MAIL)) for _ in range(self.random.choice((1, 1, 1, 2, 2, 3)))]
            if any(self.key(part) in self.forbidden for part in parts):
                continue
            text = " ".join(parts)
            if not label and self.random.random() < 0.2:
                text = f"{self.filled('{hello}')}, {text} {self.random.choice(self.words['bye'])}".strip()
            if label and self.random.random() < 0.1:
                text = text.upper()
            if self.random.random() < 0.1:
                text = text.lower()
            return text, label
