"""A template tag's syntax does not reach a reader, and what it says is not lost."""

import pytest

from ingestion.template_tags import without_template_tags


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('Ask in {% slack_channel "equipment" %}.', "Ask in #equipment."),
        ('{% slack_channel "#dev" %}', "#dev"),
        ('- {% slack_channel "vets" "Vets" %}', "- Vets (#vets)"),
        ('[Leave]({% page "/leave" %})', "[Leave](/leave)"),
        ('[Leave]({%page "leave/#sick" %})', "[Leave](/leave/#sick)"),
        ('[updates]({% page\n  "updating/#making" %})', "[updates](/updating/#making)"),
        ('See {% page "/leave", "Leave" %}.', "See [Leave](/leave)."),
        ('See {% page "/paid-leave/" %}.', "See [paid leave](/paid-leave/)."),
        ('[form]({% download "downloads/My form.pdf" %})', "[form](/downloads/My%20form.pdf)"),
        ('[GSA]({%link "https://www.gsa.gov" %})', "[GSA](https://www.gsa.gov)"),
        ("[post]({% link _posts/2020-01-01-hi.md %})", "[post](/_posts/2020-01-01-hi.md)"),
        ('<a href="{% page "/about/" %}">', '<a href="/about/">'),
        ("[BD]({{site.base_url}}/18f-bd/)", "[BD](/18f-bd/)"),
        ("[x]({{ '/contact' | url }})", "[x](/contact)"),
        ('{% image "_img/zap.png" "ZAP home screen" %}', "Image: ZAP home screen"),
        ('the {% image "_img/t.png" "target icon" %} (so', "the target icon (so"),
        ('{% image "a.png" "don\'t click "allow"" %}', 'Image: don\'t click "allow"'),
        ('{% image_with_class "a.png" "usa-input--error" "an ocelot" %}', "Image: an ocelot"),
        ('{% image "logo.png" %}', ""),
        ("{% comment %}TODO {% page 'x' %}{% endcomment %}Text", "Text"),
        ("{# a note #}Text", "Text"),
        ("{{/* a note */}}Text", "Text"),
        ('{% include "low-system.html" %}', ""),
        ('{% include "step-indicator.html"\n  steps:a.steps\n  current_step:1 %}', ""),
        ('{% include figure.html src="a.png" caption="The new office" %}', "The new office"),
        ('{% uswds_icon "campaign" %}', ""),
        ('{% term "per diem" %} and {% email "hr@x.org" %}', "per diem and hr@x.org"),
        ('{% embed url="https://x.org/v" %}', "<https://x.org/v>"),
        ("{% if user %}Yes{% else %}No{% endif %}", "YesNo"),
        ("{%- for page in pages -%}x{%- endfor -%}", "x"),
        ('{% set title = "Not prose for a reader" %}', ""),
        ("{{ site.description }}", ""),
        ("Hi {{ first_name }},", "Hi [first name],"),
        ('{{ "literal" }}', "literal"),
        ('{{< figure src="a.png" caption="Our office" >}}', "Image: Our office"),
        ('[Leave]({{< ref "leave.md" >}})', "[Leave](/leave.md)"),
        ("{{< youtube dQw4w9WgXcQ >}}", ""),
        ("{% raw %}{{ kept }} {% kept %}{% endraw %}", "{{ kept }} {% kept %}"),
        ("```\n{% raw %}{% page 'x' %}{% endraw %}\n```", "```\n{% page 'x' %}\n```"),
        ('`{{ "{%include%}" }}` and `{% raw %}{{ x }}{% endraw %}`', "`{%include%}` and `{{ x }}`"),
        ("```yaml\nimage: {{ .Values.image }}\n```", "```yaml\nimage: {{ .Values.image }}\n```"),
        ("{% highlight ruby %}\nputs 1\n{% endhighlight %}", "\n```ruby\nputs 1\n```\n"),
        ("No tags here, only 50 % {of} it.", "No tags here, only 50 % {of} it."),
    ],
)
def test_a_tag_becomes_what_it_says(written: str, said: str) -> None:
    assert without_template_tags(written) == said


def test_an_alert_becomes_a_quotation_below_its_heading() -> None:
    text = '{% alert "Heads up!", "warning" %}\n  Ask {% slack_channel "hr" %} first.\n{% endalert %}'
    assert without_template_tags(text).strip() == "> **Heads up!**\n> \n> Ask #hr first."


def test_an_alert_s_level_is_no_heading() -> None:
    assert without_template_tags('{% alert "", "warning" %}\nHot.\n{% endalert %}').strip() == "> Hot."
    assert without_template_tags('{% hint style="info" %}\nHot.\n{% endhint %}').strip() == "> Hot."
    assert without_template_tags("{{% notice tip %}}\nHot.\n{{% /notice %}}").strip() == "> Hot."


def test_alerts_inside_alerts_and_without_an_end_lose_no_words() -> None:
    text = '{% alert "Outer" %}one {% note %}two{% endnote %} three{% endalert %} {% tip "Open" %} four'
    said = without_template_tags(text)
    for word in ("Outer", "one", "two", "three", "Open", "four"):
        assert word in said
    assert "%" not in said


@pytest.mark.parametrize(
    "tag", ["{% raw %}", "{% comment %}", "{% alert %}", "{% endalert %}", "{% x", "{{ x", "{{<", "{#"]
)
def test_tags_without_an_end_take_linear_time_and_no_text(tag: str) -> None:
    assert without_template_tags(f"{tag} word " * 20_000).count("word") == 20_000
