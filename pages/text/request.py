"""What the page Text is asked for: a view, one prompt or several, and the link that shows them again."""

from dataclasses import dataclass, field

from gan_core.checkpoints.checkpoint import Checkpoint
from pages.ui import url_rules
from pages.ui.generation import GenerationRequest
from pages.ui.limits import current_limits

MAX_COUNT, DEFAULT_COUNT = 16, 8
MAX_PROMPTS = 6
VIEW_CAPTIONS = {
    "Draw": "One prompt, several seeds.",
    "Blend": "From one prompt to another.",
    "Compare": "Several prompts, the same seeds.",
}
VIEWS = tuple(VIEW_CAPTIONS)


@dataclass
class PromptRequest(GenerationRequest):
    """Images for a prompt, for a blend of two, or for several; `upscaler` enlarges them by super-resolution."""

    count: int = DEFAULT_COUNT
    view: str = "Draw"
    prompt: str = ""
    second_prompt: str = ""
    prompts: list[str] = field(default_factory=list)
    blend_weight: float = 0.5
    upscaler: Checkpoint | None = None

    @property
    def layout(self) -> str:
        """The gallery's layout: large cards for sharpened images, which have more pixels."""
        return "photo large" if self.upscaler else "photo"

    @property
    def all_prompts(self) -> list[str]:
        """The prompts of the view."""
        return {"Draw": [self.prompt], "Blend": [self.prompt, self.second_prompt], "Compare": self.prompts}[self.view]


def link_rules(names: list[str]) -> dict[str, url_rules.Rule]:
    """The rules of URL parameters that depend on this page and on the models at hand."""
    is_short = url_rules.short_text(current_limits().prompt_characters).accepts
    return {
        "model": url_rules.choice(names),
        "view": url_rules.choice(VIEWS),
        "count": url_rules.integer(1, MAX_COUNT),
        "prompts": url_rules.Rule(
            lambda text: len(text.splitlines()) <= MAX_PROMPTS and is_short(text), f"at most {MAX_PROMPTS} lines"
        ),
    }


def link_parameters(request: PromptRequest) -> dict[str, object]:
    """The URL parameters that show the request again."""
    parameters: dict[str, object] = {"model": request.checkpoint.name, "view": request.view}
    if request.view == "Compare":
        parameters["prompts"] = "\n".join(request.prompts)
    else:
        parameters["prompt"] = request.prompt
    if request.view == "Blend":
        parameters |= {"into": request.second_prompt, "blend": request.blend_weight}
    return parameters | request.number_parameters | {"sharpen": "true" if request.upscaler else None}
