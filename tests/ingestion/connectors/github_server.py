"""A GitHub that answers GraphQL: the fields that a query selects and no others, page by page, and its errors.

Its objects have the names that GitHub's schema has: https://docs.github.com/public/fpt/schema.docs.graphql
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Object = dict[str, Any]

_TOKEN = re.compile(r"\.\.\.|[A-Za-z_]\w*|\$\w+|\d+|[{}():,!\[\]]")


class QueryError(Exception):
    """An error as GraphQL answers it."""

    def __init__(self, type: str, message: str) -> None:
        super().__init__(message)
        self.answer = {"type": type, "message": message, "locations": [{"line": 3, "column": 3}]}


class GitHub:
    """Repositories with issues and discussions; `token` may read all of them. A page has `page_size` at most.

    `before` are answers that are given first, one a request; `asked` are the variables of the queries.
    """

    def __init__(self, token: str = "hunter2", page_size: int = 100) -> None:
        self.token = token
        self.page_size = page_size
        self.repositories: dict[str, Object] = {}
        self.issues: dict[str, list[Object]] = {}
        self.discussions: dict[str, list[Object]] = {}
        self.before: list[Response | None] = []
        self.asked: list[Object] = []
        self.app = Starlette(routes=[Route("/api/graphql", self._answer, methods=["POST"])])

    def add(self, repository: str, url: str = "", private: bool = False, wiki: bool = False) -> None:
        issues = self.issues.setdefault(repository, [])
        discussions = self.discussions.setdefault(repository, [])
        self.repositories[repository.lower()] = {
            "url": url or f"https://github.com/{repository}",
            "isPrivate": private,
            "hasIssuesEnabled": True,
            "hasDiscussionsEnabled": True,
            "hasWikiEnabled": wiki,
            "issues": lambda states, **page: self._page([i for i in issues if i["state"] in states], **page),
            "issue": lambda number: _numbered(issues, number, "an Issue"),
            "discussions": lambda **page: self._page(discussions, **page),
            "discussion": lambda number: _numbered(discussions, number, "a Discussion"),
        }

    def issue(self, repository: str, number: int, title: str, body: str = "", *comments: Object, **more: Any) -> Object:
        issue = {**self._thread(repository, "issues", number, title, body, comments), "state": "OPEN", **more}
        self.issues[repository].append(issue)
        return issue

    def discussion(
        self, repository: str, number: int, title: str, body: str = "", *comments: Object, **more: Any
    ) -> Object:
        discussion = {
            **self._thread(repository, "discussions", number, title, body, comments),
            "answerChosenAt": None,
            "category": {"name": "Q&A"},
            **more,
        }
        self.discussions[repository].append(discussion)
        return discussion

    def comment(
        self, body: str, *replies: Object, author: str | None = "bob", answer: bool = False, hidden: bool = False
    ) -> Object:
        return {
            "id": f"DC_{abs(hash((body, author)))}",
            "url": f"https://github.com/acme/web/issues/7#issuecomment-{len(body)}",
            "body": body,
            "createdAt": "2026-01-06T10:00:00Z",
            "author": author and {"login": author},
            "isMinimized": hidden,
            "isAnswer": answer,
            "replies": lambda **page: self._page(replies, **page),
            "_replies": replies,
        }

    def _thread(
        self, repository: str, kind: str, number: int, title: str, body: str, comments: Sequence[Object]
    ) -> Object:
        said = list(comments)
        return {
            "number": number,
            "title": title,
            "body": body,
            "url": f"https://github.com/{repository}/{kind}/{number}",
            "createdAt": "2026-01-05T09:00:00Z",
            "updatedAt": "2026-01-06T10:00:00Z",
            "author": {"login": "ada"},
            "labels": lambda **page: self._page([], **page),
            "comments": lambda **page: self._page(said, **page),
            "_comments": said,
        }

    def labelled(self, *names: str) -> Callable[..., Object]:
        return lambda **page: self._page([{"name": name} for name in names], **page)

    def _page(self, nodes: Sequence[Object], first: int = 0, after: str | None = None, **options: Any) -> Object:
        """A connection. A cursor names the last node of its page, so that removals before it shift nothing."""
        names = [str(node.get("number", node.get("id", node.get("name")))) for node in nodes]
        start = 0 if after is None else names.index(after.removeprefix("cursor:")) + 1
        end = start + min(first, self.page_size)

        def page() -> list[Object]:
            if not 1 <= first <= 100:  # which a count alone does without
                raise QueryError("MISSING_PAGINATION_BOUNDARIES", "You must provide a `first` or `last` value.")
            return list(nodes[start:end])

        return {
            "totalCount": len(nodes),
            "nodes": page,
            "pageInfo": {
                "hasNextPage": end < len(nodes),
                "endCursor": f"cursor:{names[min(end, len(nodes)) - 1]}" if nodes[start:end] else None,
            },
        }

    async def _answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return JSONResponse({"message": "Bad credentials", "status": "401"}, 401)
        question = json.loads(await request.body())
        self.asked.append(question["variables"])
        if self.before and (given := self.before.pop(0)) is not None:
            return given
        root = {"repository": self._repository, "node": self._node}
        try:
            data = _select(root, _parse(question["query"]), question["variables"])
        except QueryError as error:
            return JSONResponse({"data": {"repository": None}, "errors": [error.answer]})
        return JSONResponse({"data": data})

    def _repository(self, owner: str, name: str) -> Object:
        try:
            return self.repositories[f"{owner}/{name}".lower()]
        except KeyError:
            message = f"Could not resolve to a Repository with the name '{owner}/{name}'."
            raise QueryError("NOT_FOUND", message) from None

    def _node(self, id: str) -> Object:
        threads = [thread for threads in self.discussions.values() for thread in threads]
        return next(comment for thread in threads for comment in thread["_comments"] if comment["id"] == id)


def limited(status: int = 403, **headers: str) -> Response:
    """What GitHub says of a secondary limit."""
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    return JSONResponse(
        {"message": message}, status, {name.replace("_", "-"): value for name, value in headers.items()}
    )


def used_up(reset: int) -> Response:
    """What GraphQL says of the limit by the hour."""
    error = {"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}
    return JSONResponse({"errors": [error]}, 200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)})


def _numbered(threads: Sequence[Object], number: int, kind: str) -> Object:
    for thread in threads:
        if thread["number"] == number:
            return thread
    raise QueryError("NOT_FOUND", f"Could not resolve to {kind} with the number of {number}.")


Selection = list[tuple[str, str, Object, Any]]
"""Fields: the name in the answer, the field's name, its arguments (`$name` for variables), what is selected of it."""


def _parse(query: str) -> Selection:
    tokens = _TOKEN.findall(query)
    return _fields(iter(tokens[tokens.index("{") + 1 :]))


def _fields(tokens: Iterator[str]) -> Selection:
    fields: Selection = []
    for token in tokens:
        if token == "}":
            break
        if token == "{":
            if fields[-1][1] == "...":
                fields[-1:] = _fields(tokens)
            else:
                fields[-1] = (*fields[-1][:3], _fields(tokens))
        elif token == "...":
            next(tokens), next(tokens)  # on Type
            fields.append(("...", "...", {}, None))
        elif token == "(":
            fields[-1][2].update(_arguments(tokens, ")"))
        elif token == ":":
            alias = fields.pop()[0]
            fields.append((alias, next(tokens), {}, None))
        else:
            fields.append((token, token, {}, None))
    return fields


def _arguments(tokens: Iterator[str], end: str) -> Object:
    arguments: Object = {}
    for name in tokens:
        if name == end:
            break
        if name == ",":
            continue
        assert next(tokens) == ":"
        value = next(tokens)
        arguments[name] = _arguments(tokens, "}") if value == "{" else int(value) if value.isdecimal() else value
    return arguments


def _select(found: Any, selection: Any, variables: Object) -> Any:
    if found is None or selection is None:
        return found
    if isinstance(found, list):
        return [_select(one, selection, variables) for one in found]
    answer: Object = {}
    for alias, name, arguments, below in selection:
        if name not in found:
            raise QueryError("undefinedField", f"Field '{name}' doesn't exist")
        value = found[name]
        if callable(value):
            given = {
                key: variables.get(a[1:]) if isinstance(a, str) and a.startswith("$") else a
                for key, a in arguments.items()
            }
            value = value(**given)
        answer[alias] = _select(value, below, variables)
    return answer
