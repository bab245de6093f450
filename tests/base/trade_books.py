"""Invented workbooks of many trades, with headers as owners write them, and what each column is.

A column is (header, fields, values): fields is "card.field", several with "|" where either is right, "" where the
column stands for none of our fields. Values are made by a seeded generator, so every run sees the same books.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from sheets_crm.books.model import Grid
from tests.base.builders import grid_from_rows

Make = Callable[[Random, int], object]
Columns = Sequence[tuple[str | None, str, Make]]
TODAY = date(2026, 11, 20)


@dataclass
class Book:
    """Sheets, and for each the fields expected by column index; a sheet without expectations is to be left alone."""

    grids: dict[str, Grid] = field(default_factory=dict)
    expected: dict[str, dict[int, str]] = field(default_factory=dict)
    headers: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, columns: Columns, count: int = 40, **look: object) -> Book:
        grid, header, data = sheet(name, columns, count, seed=len(self.grids) + count, **look)
        self.grids[name], self.headers[name], self.rows[name] = grid, header, data
        self.expected[name] = {index: fields for index, (_, fields, _) in enumerate(columns)}
        return self

    def add_other(self, name: str, rows: Sequence[Sequence[object]], **more: object) -> Book:
        self.grids[name] = grid_from_rows(rows, name=name, **more)
        return self


def sheet(
    name: str,
    columns: Columns,
    count: int,
    *,
    seed: int,
    titles: Sequence[Sequence[object]] = (),
    groups: Sequence[object] | None = None,
    group_merges: Sequence[str] = (),
    sections: Sequence[str] = (),
    totals: Sequence[object] | None = None,
    tail: Sequence[Sequence[object]] = (),
    no_header: bool = False,
    block: int = 1,
    merged: Sequence[int] = (),
    formulas: Sequence[int] = (),
) -> tuple[Grid, int, int]:
    """A sheet, its header row (0: none), and how many data rows it has."""
    rng = Random(seed)
    rows: list[list[object]] = [list(title) for title in titles]
    merges = list(group_merges)
    if groups is not None:
        rows.append(list(groups))
    if not no_header:
        rows.append([header for header, _, _ in columns])
    header = 0 if no_header else len(rows)
    for place in range(count):
        if sections and place % (count // len(sections)) == 0 and place // (count // len(sections)) < len(sections):
            rows.append([sections[place // (count // len(sections))]])
            merges.append(f"A{len(rows)}:F{len(rows)}")
        line = [make(rng, place) for _, _, make in columns]
        if block > 1:
            if place % block:
                line = [None if index in merged else value for index, value in enumerate(line)]
            else:
                merges += [f"{chr(65 + index)}{len(rows) + 1}:{chr(65 + index)}{len(rows) + block}" for index in merged]
        rows.append(line)
    if totals is not None:
        rows.append(list(totals))
    rows += [list(line) for line in tail]
    return grid_from_rows(rows, merges, name, dict.fromkeys(formulas, count)), header, count


# ---------------------------------------------------------------- values

_RU_SURNAMES = [
    "Иванов",
    "Петров",
    "Смирнов",
    "Кузнецов",
    "Попов",
    "Соколов",
    "Лебедев",
    "Козлов",
    "Новиков",
    "Морозов",
    "Волков",
    "Зайцев",
    "Павлов",
    "Беляев",
    "Громов",
]
_RU_NAMES = ["Алексей", "Сергей", "Андрей", "Дмитрий", "Михаил", "Олег", "Павел", "Роман", "Игорь", "Никита"]
_RU_FATHERS = ["Иванович", "Петрович", "Сергеевич", "Андреевич", "Олегович", "Павлович"]
_EN_NAMES = [
    "James",
    "Mary",
    "Robert",
    "Linda",
    "David",
    "Susan",
    "Mark",
    "Karen",
    "Paul",
    "Emma",
    "Olivia",
    "Jack",
    "Grace",
    "Leo",
    "Amelia",
]
_EN_SURNAMES = [
    "Smith",
    "Jones",
    "Taylor",
    "Brown",
    "Wilson",
    "Evans",
    "Hughes",
    "Clarke",
    "Hall",
    "Green",
    "Baker",
    "Adams",
    "Turner",
    "Cooper",
]
_RU_FIRMS = [
    "Ромашка",
    "Вектор",
    "Сфера",
    "Альянс",
    "Квант",
    "Прогресс",
    "Лидер",
    "Гранит",
    "Меридиан",
    "Орион",
    "Факел",
    "Берег",
]
_EN_FIRMS = [
    "Harbor",
    "Pine",
    "Summit",
    "River",
    "Union",
    "Velvet",
    "Corner",
    "Maple",
    "Cedar",
    "Bright",
    "Nova",
    "Apex",
]


def _pick(*options: object) -> Make:
    return lambda rng, _: rng.choice(options)


def _some(make: Make, share: float) -> Make:
    return lambda rng, place: make(rng, place) if rng.random() < share else None


def ru_person(rng: Random, _: int) -> str:
    return f"{rng.choice(_RU_SURNAMES)} {rng.choice(_RU_NAMES)} {rng.choice(_RU_FATHERS)}"


def ru_firm(rng: Random, place: int) -> str:
    form = rng.choice(["ООО «{}»", "ИП {}", "{}", "ООО {}"])
    return form.format(f"{rng.choice(_RU_FIRMS)}{'' if place % 3 else '-' + str(place)}")


def en_person(rng: Random, _: int) -> str:
    return f"{rng.choice(_EN_NAMES)} {rng.choice(_EN_SURNAMES)}"


def en_firm(rng: Random, place: int) -> str:
    return f"{rng.choice(_EN_FIRMS)} {rng.choice(_EN_FIRMS)} {rng.choice(['Ltd', 'Inc', 'Cafe', 'Group', 'LLC'])}"


def ru_first(rng: Random, _: int) -> str:
    return rng.choice(_RU_NAMES)


def ru_last(rng: Random, _: int) -> str:
    return rng.choice(_RU_SURNAMES)


def en_first(rng: Random, _: int) -> str:
    return rng.choice(_EN_NAMES)


def en_last(rng: Random, _: int) -> str:
    return rng.choice(_EN_SURNAMES)


def ru_phone(rng: Random, _: int) -> object:
    digits = f"9{rng.randrange(10**8, 10**9)}"
    form = rng.randrange(4)
    if form == 0:
        return float("7" + digits)
    if form == 1:
        return f"8 ({digits[:3]}) {digits[3:6]}-{digits[6:8]}-{digits[8:]}"
    return f"+7 {digits[:3]} {digits[3:6]} {digits[6:8]} {digits[8:]}"


def uk_phone(rng: Random, _: int) -> object:
    digits = f"7{rng.randrange(10**8, 10**9)}"
    return rng.choice([float(digits), f"0{digits[:4]} {digits[4:]}", f"+44 {digits[:4]} {digits[4:]}"])


def us_phone(rng: Random, _: int) -> object:
    return f"({rng.randrange(201, 989)}) 555-{rng.randrange(1000, 9999)}"


def email(rng: Random, place: int) -> str:
    return f"{rng.choice(['info', 'sales', 'anna', 'leo', 'mail'])}{place}@firm{rng.randrange(90)}.example"


def past(days: int) -> Make:
    return lambda rng, _: TODAY - timedelta(days=rng.randrange(1, days))


def text_past(days: int) -> Make:
    return lambda rng, _: (TODAY - timedelta(days=rng.randrange(1, days))).strftime("%d.%m.%Y")


def soon(days: int) -> Make:
    return lambda rng, _: TODAY + timedelta(days=rng.randrange(-5, days))


def born(rng: Random, _: int) -> object:
    return date(rng.randrange(1950, 2004), rng.randrange(1, 13), rng.randrange(1, 28))


def money(low: int, high: int) -> Make:
    return lambda rng, _: float(rng.randrange(low, high, 50))


def ru_money(rng: Random, _: int) -> object:
    value = rng.randrange(1000, 90000)
    return rng.choice([float(value), f"{value // 1000} {value % 1000:03} ₽"])


def whole(low: int, high: int) -> Make:
    return lambda rng, _: float(rng.randrange(low, high))


def numbered(pattern: str, start: int = 1) -> Make:
    return lambda _, place: pattern.format(place + start)


def counter(_: Random, place: int) -> float:
    return float(place + 1)


def inn(rng: Random, _: int) -> str:
    return str(rng.randrange(10**9, 10**10 - 1))


def words(*options: str) -> Make:
    return _pick(*options)


RU_NOTE = _some(
    words("Любит скидки", "звонить после обеда", "просил счёт на другое юр. лицо", "постоянный клиент, вежливый"), 0.4
)
EN_NOTE = _some(words("Prefers email", "call after lunch", "asked about bulk price", "friend of the owner"), 0.4)
RU_MANAGER = words("Алина", "Марат", "Виктор")
EN_MANAGER = words("Casey", "Jordan", "Riley")
CHECK = _pick(True, False)
RU_YES = words("да", "нет", "да")
EN_YES = words("yes", "no", "Y")


# ---------------------------------------------------------------- books


def distribution() -> Book:
    """Wholesale to cafes: one flat sheet, title rows, sections by region, totals at the end."""
    columns: Columns = (
        ("№ п/п", "client.id", counter),
        ("Наименование контрагента", "client.name", ru_firm),
        ("ИНН", "client.tax_id", inn),
        ("Контактное лицо", "client.contact_person", ru_person),
        ("Должность", "client.position", words("закупщик", "директор", "управляющий")),
        ("Тел.", "client.phone", ru_phone),
        ("эл.почта", "client.email", email),
        ("Тип точки", "client.client_type|", words("кафе", "магазин", "HoReCa", "сеть")),
        ("Город", "client.city", words("Москва", "Тула", "Калуга", "Рязань")),
        ("Откуда пришёл", "client.source", words("выставка", "сайт", "холодный звонок")),
        ("Менеджер", "client.manager", RU_MANAGER),
        ("Статус", "deal.stage", words("Новый", "Образцы переданы", "КП отправлено", "Счёт выставлен", "Отказ")),
        ("Дата КП", "deal.offer_date", _some(past(90), 0.6)),
        ("Ответ по КП", "deal.offer_answer", _some(words("думают", "дорого", "ок"), 0.4)),
        ("Дата счета", "deal.invoice_date", _some(past(60), 0.5)),
        ("Сумма счета, руб.", "deal.amount", _some(money(5000, 90000), 0.6)),
        ("Отсрочка, дней", "deal.terms_days", _some(_pick(7.0, 14.0, 30.0), 0.5)),
        ("Оплачено, руб.", "deal.paid_amount", _some(money(1000, 40000), 0.4)),
        ("След. контакт", "deal.next_step_date", _some(soon(20), 0.6)),
        ("Что сделать", "deal.next_step", _some(words("позвонить", "отправить КП", "встреча"), 0.5)),
        ("Причина отказа", "deal.lost_reason", _some(words("дорого", "другой поставщик"), 0.2)),
        ("Посл. отгрузка", "client.last_purchase_date", _some(past(200), 0.5)),
        ("Кред. лимит", "client.credit_limit", _some(money(50000, 300000), 0.4)),
        ("Прим.", "client.note|deal.note", RU_NOTE),
    )
    book = Book().add(
        "База",
        columns,
        60,
        titles=[["ООО «Торг» - рабочая таблица отдела продаж"], []],
        sections=["Центр", "Юг", "Сибирь"],
        totals=[
            "Итого:",
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            1250000.0,
        ],
        tail=[[], ["* суммы с НДС"]],
    )
    return book.add_other(
        "Справочник", [["Статусы", "Менеджеры"], ["Новый", "Алина"], ["Отказ", "Марат"], ["КП отправлено", "Виктор"]]
    )


def dental() -> Book:
    """A dental practice: patients merged down over their visits."""
    columns: Columns = (
        ("№ карты", "client.id", numbered("{:05}")),
        ("ФИО пациента", "client.name", ru_person),
        ("Дата рожд.", "client.birthday", born),
        ("Телефон", "client.phone", ru_phone),
        ("Дата приёма", "visit.date", past(300)),
        ("Жалобы", "visit.complaint", words("боль при накусывании", "скол пломбы", "профосмотр")),
        ("Зуб", "visit.tooth", words("16", "24, 25", "36", "48")),
        ("Что сделано", "visit.service", words("лечение кариеса", "пломба", "чистка", "удаление")),
        ("Врач", "visit.manager", words("Орлова", "Крылов")),
        ("Стоимость", "visit.amount", money(1000, 30000)),
        ("Оплачено", "visit.paid_amount", money(500, 20000)),
        ("След. визит", "visit.next_visit", _some(soon(90), 0.5)),
        ("Рассылка", "client.mailing_consent", RU_YES),
        ("Примечание", "visit.note|client.note", RU_NOTE),
    )
    return Book().add("Карточки", columns, 48, block=3, merged=(0, 1, 2, 3, 12))


_SALON_MONTHS = [
    "Январь",
    "February",
    "Март",
    "April 2026",
    "Май",
    "June",
    "Июль",
    "August",
    "Сентябрь",
    "October",
    "Ноябрь",
]


def salon() -> Book:
    """A salon with a sheet a month, some headed in Russian, some in English; the date is a day of the month."""
    book = Book()
    for place, name in enumerate(_SALON_MONTHS):
        russian = place % 2 == 0
        columns: Columns = (
            ("Число" if russian else "Day", "visit.date", whole(1, 29)),
            ("Клиент" if russian else "Client", "client.name|visit.client", en_person),
            ("Телефон" if russian else "Mobile", "client.phone", uk_phone),
            ("Услуга" if russian else "Service", "visit.service", words("cut", "colour", "blow dry", "nails")),
            ("Мастер" if russian else "Stylist", "visit.manager", words("Zoe", "Kim", "Ana")),
            ("Сумма, £" if russian else "Price £", "visit.amount", money(20, 200)),
            ("Оплачено" if russian else "Paid", "visit.paid_amount", money(0, 200)),
            ("След. запись" if russian else "Next appt", "visit.next_visit", _some(soon(40), 0.5)),
            ("Откуда" if russian else "Source", "client.source", words("Instagram", "walk-in", "friend")),
            ("Комментарий" if russian else "Notes", "visit.note|client.note", EN_NOTE),
        )
        book.add(name, columns, 25, totals=["Итого" if russian else "Total", None, None, None, None, 1200.0])
    return book.add_other("Summary", [["Month", "Visits", "Total"], ["Jan", 25.0, 1200.0], ["Feb", 25.0, 900.0]])


def shop() -> Book:
    """An online shop: customers, orders, order lines."""
    customers: Columns = (
        ("Customer ID", "client.id", numbered("CU-{:04}")),
        ("First Name", "client.first_name", en_first),
        ("Last Name", "client.last_name", en_last),
        ("Email", "client.email", email),
        ("Phone", "client.phone", _some(us_phone, 0.7)),
        ("City", "client.city", words("Austin", "Boston", "Denver", "Miami")),
        ("Accepts Marketing", "client.mailing_consent", EN_YES),
        ("Total Spent", "client.revenue_total", money(20, 4000)),
        ("Total Orders", "client.orders_count", whole(1, 20)),
        ("Last Order Date", "client.last_purchase_date", past(400)),
        ("Tags", "", _some(words("vip, wholesale", "gift", "returns"), 0.3)),
        ("Note", "client.note", EN_NOTE),
    )
    orders: Columns = (
        ("Order #", "deal.id", numbered("#{}", 1001)),
        ("Created at", "deal.created", past(200)),
        ("Customer ID", "deal.client", numbered("CU-{:04}")),
        ("Status", "deal.stage", words("Paid", "Packed", "Shipped", "Delivered", "Refunded")),
        ("Items", "deal.qty|deal.product", whole(1, 9)),
        ("Order total", "deal.amount", money(10, 900)),
        ("Amount paid", "deal.paid_amount", money(10, 900)),
        ("Shipped on", "deal.closed", _some(past(100), 0.6)),
        ("Channel", "deal.source", words("Web", "eBay", "Amazon")),
        ("Tracking no", "", numbered("1Z{:08}")),
    )
    lines: Columns = (
        ("Order ID", "order.deal|order.id", numbered("#{}", 1001)),
        ("Date", "order.date", past(200)),
        ("Customer", "order.client", numbered("CU-{:04}")),
        ("SKU", "order.product", words("MUG-01", "TEE-02", "CAP-03")),
        ("Quantity", "order.qty", whole(1, 5)),
        ("Unit price ($)", "order.unit_price", money(10, 90)),
        ("Line total", "order.total", money(10, 400)),
    )
    return Book().add("Customers", customers, 60).add("Orders", orders, 60).add("Order items", lines, 60)


def hotel() -> Book:
    """A small hotel: bookings with guests on the same row."""
    columns: Columns = (
        ("№ брони", "deal.id", numbered("Б-{}", 101)),
        ("Гость", "client.name", ru_person),
        ("Контактный телефон", "client.phone", ru_phone),
        ("E-mail", "client.email", email),
        ("Дата бронирования", "deal.created", past(120)),
        ("Заезд", "visit.date|", soon(60)),
        ("Кол-во ночей", "deal.qty", whole(1, 12)),
        ("Тип номера", "deal.product", words("стандарт", "люкс", "семейный")),
        ("Стоимость", "deal.amount", money(3000, 90000)),
        ("Предоплата", "deal.paid_amount", money(0, 30000)),
        ("Остаток", "deal.balance", money(0, 60000)),
        ("Канал бронирования", "client.source|deal.source", words("сайт", "Островок", "звонок")),
        ("Статус брони", "deal.stage", words("Запрос", "Бронь", "Предоплата", "Заезд", "Отмена")),
        ("Причина отмены", "deal.lost_reason", _some(words("болезнь", "нашли дешевле"), 0.15)),
        ("Администратор", "client.manager|deal.manager", RU_MANAGER),
        ("Пожелания гостя", "client.special_terms", _some(words("тихий номер", "детская кроватка"), 0.3)),
    )
    return Book().add("Бронирования", columns, 50, titles=[["Гостиница «Берег» 2026"]], formulas=(10,))


def school() -> Book:
    """A language school: pupils with parents, payments beside."""
    pupils: Columns = (
        ("Код", "client.id", numbered("У{:03}")),
        ("ФИО ученика", "client.name", ru_person),
        ("Дата рождения", "client.birthday", born),
        ("Родитель", "client.contact_person", ru_person),
        ("Тел. родителя", "client.phone", ru_phone),
        ("Почта", "client.email", email),
        ("Курс", "deal.product|", words("Английский A1", "Немецкий", "Китайский")),
        ("Группа", "", words("A1-вт", "B2-чт")),
        ("Преподаватель", "client.manager|deal.manager", words("Орлова", "Smith", "Ли")),
        ("Статус", "deal.stage|lead.stage", words("Заявка", "Пробное занятие", "Обучается", "Отказ")),
        ("Дата договора", "deal.created", past(200)),
        ("Договор до", "client.contract_until", soon(200)),
        ("Стоимость курса", "deal.amount", money(10000, 60000)),
        ("Внесено", "deal.paid_amount", money(5000, 30000)),
        ("Долг", "deal.balance", money(0, 20000)),
        ("Оплатить до", "deal.due_date", soon(40)),
        ("Согласие на обработку ПД", "client.mailing_consent", RU_YES),
        ("Комментарий", "client.note|deal.note", RU_NOTE),
    )
    paid: Columns = (
        ("Дата", "payment.date", past(100)),
        ("Ученик", "payment.client", numbered("У{:03}")),
        ("Сумма", "payment.amount", money(1000, 20000)),
        ("Нал/безнал", "payment.method", words("нал", "карта", "счёт")),
        ("За какой месяц", "", words("сентябрь", "октябрь")),
    )
    return Book().add("Ученики", pupils, 45).add("Оплаты", paid, 45)


def garage() -> Book:
    """A car service: job cards."""
    columns: Columns = (
        ("З/Н", "visit.id|deal.id", numbered("{:05}")),
        ("Дата заезда", "visit.date", past(200)),
        ("Клиент", "client.name", ru_person),
        ("Телефон клиента", "client.phone", ru_phone),
        ("Марка, модель", "visit.car", words("Kia Rio", "Lada Vesta", "BMW X5")),
        ("Госномер", "visit.car|", words("А123ВС77", "К045ММ199")),
        ("Пробег", "visit.mileage", whole(20000, 250000)),
        ("Причина обращения", "visit.complaint", words("стук в подвеске", "ТО", "не заводится")),
        ("Выполненные работы", "visit.service", words("замена масла", "замена колодок", "диагностика")),
        ("Сумма з/н", "visit.amount", money(1000, 60000)),
        ("Оплачено", "visit.paid_amount", money(1000, 60000)),
        ("Мастер-приемщик", "visit.manager", RU_MANAGER),
        ("Дата следующего ТО", "visit.next_visit", _some(soon(300), 0.6)),
        ("Примечание", "visit.note|client.note", RU_NOTE),
    )
    return Book().add("Журнал ремонтов", columns, 50, titles=[[], ["Журнал ремонтов СТО"], []])


def insurance() -> Book:
    """An insurance broker: policies with their holders."""
    columns: Columns = (
        ("Policy No.", "client.contract|deal.id", numbered("POL-{:05}")),
        ("Policyholder", "client.name", en_person),
        ("D.O.B.", "client.birthday", born),
        ("Contact number", "client.phone", uk_phone),
        ("Email address", "client.email", email),
        ("Type of cover", "deal.product|deal.title", words("Motor", "Home", "Travel", "Life")),
        ("Insurer", "", words("Aviva", "AXA", "Zurich")),
        ("Start date", "deal.created", past(300)),
        ("Renewal date", "client.contract_until", soon(200)),
        ("Annual premium", "deal.amount", money(200, 2000)),
        ("Commission %", "", _pick(10.0, 12.5, 15.0)),
        ("Paid", "deal.paid_amount", money(0, 2000)),
        ("Status", "deal.stage", words("Quote", "Proposal sent", "Issued", "Renewal", "Cancelled")),
        ("Broker", "client.manager|deal.manager", EN_MANAGER),
        ("Do not call", "client.do_not_contact", _some(words("x"), 0.1)),
        ("Comments", "client.note|deal.note", EN_NOTE),
    )
    return Book().add("Policies", columns, 50)


def estate() -> Book:
    """A real-estate agency: buyers' requests and a log of calls."""
    columns: Columns = (
        ("Дата обращения", "client.first_contact_date|deal.created|lead.created", text_past(200)),
        ("Имя", "client.name", ru_person),
        ("Номер", "client.phone", ru_phone),
        ("Что ищет", "deal.title|lead.title|", words("2к квартира у метро", "дом до 10 млн", "студия")),
        ("Бюджет", "deal.amount|lead.amount", money(3000000, 20000000)),
        ("Район", "client.city", words("Центр", "Север", "Юг")),
        ("Этап", "deal.stage|lead.stage", words("Лид", "Подбор", "Показ", "Аванс", "Сделка", "Отказ")),
        ("Риелтор", "client.manager|deal.manager|lead.manager", RU_MANAGER),
        ("Дата показа", "deal.offer_date|", _some(past(60), 0.5)),
        ("Ипотека", "", RU_YES),
        ("Когда перезвонить", "deal.next_step_date|lead.next_step_date", _some(soon(20), 0.7)),
        ("Теплота", "client.temperature|lead.temperature", words("горячий", "тёплый", "холодный")),
        ("Почему отказались", "deal.lost_reason|lead.lost_reason", _some(words("дорого", "купили сами"), 0.2)),
        ("Коммент", "client.note|lead.note", RU_NOTE),
    )
    log: Columns = (
        ("Дата и время", "interaction.date", past(60)),
        ("С кем", "interaction.client", ru_person),
        ("Вид контакта", "interaction.kind", words("звонок", "показ", "встреча")),
        ("О чём говорили", "interaction.text", words("обсудили район", "просит скидку", "ищет дальше")),
        ("Итог", "interaction.result", words("перезвонит", "думает")),
        ("Кто звонил", "interaction.manager|", RU_MANAGER),
    )
    return Book().add("Лист1", columns, 40).add("Журнал звонков", log, 40)


def agency() -> Book:
    """An IT agency: companies, people, pipeline."""
    companies: Columns = (
        ("Account ID", "client.id", numbered("A{:03}")),
        ("Company", "client.name", en_firm),
        ("Industry", "client.client_type", words("Retail", "Fintech", "Health")),
        ("Website", "client.website", numbered("https://site{}.example")),
        ("Main contact", "client.contact_person", en_person),
        ("Job title", "client.position", words("CEO", "Head of IT", "Buyer")),
        ("Work email", "client.email", email),
        ("Phone no.", "client.phone", us_phone),
        ("HQ location", "client.city", words("Boston", "NYC", "Austin")),
        ("Account manager", "client.manager", EN_MANAGER),
        ("Lead source", "client.source", words("Referral", "LinkedIn", "Website")),
        ("Last contacted", "client.last_contact_date", past(90)),
        ("Customer since", "client.first_purchase_date", past(900)),
        ("Notes", "client.note", EN_NOTE),
    )
    people: Columns = (
        ("Name", "contact.name", en_person),
        ("Company", "contact.client", numbered("A{:03}")),
        ("Title", "contact.position", words("CTO", "Engineer", "Buyer")),
        ("Email", "contact.email", email),
        ("Mobile", "contact.phone", us_phone),
    )
    pipeline: Columns = (
        ("Opportunity", "deal.title", words("Website redesign", "Mobile app", "Support contract", "CRM audit")),
        ("Account", "deal.client", numbered("A{:03}")),
        ("Stage", "deal.stage", words("Qualification", "Brief", "Proposal", "Won", "Lost")),
        ("Est. value ($)", "deal.amount", money(5000, 90000)),
        ("Win %", "deal.probability", _pick(10.0, 30.0, 60.0, 90.0)),
        ("Exp. close", "deal.expected_close", soon(90)),
        ("Proposal sent on", "deal.offer_date", _some(past(40), 0.5)),
        ("Next step", "deal.next_step", _some(words("Call", "Send SOW"), 0.6)),
        ("By when", "deal.next_step_date", _some(soon(20), 0.6)),
        ("Owner", "deal.manager", EN_MANAGER),
        ("Reason lost", "deal.lost_reason", _some(words("price", "timing"), 0.2)),
    )
    return Book().add("Companies", companies, 50).add("Contacts", people, 50).add("Pipeline", pipeline, 50)


def stacked() -> Book:
    """Two rows of headers, groups merged over columns whose names repeat."""
    columns: Columns = (
        ("№", "client.id|deal.id", counter),
        ("Клиент", "client.name", ru_firm),
        ("Телефон", "client.phone", ru_phone),
        ("E-mail", "client.email", email),
        ("Дата", "deal.offer_date", _some(past(60), 0.7)),
        ("Сумма", "deal.amount|", money(10000, 90000)),
        ("№", "deal.invoice_no", _some(numbered("{}/26"), 0.6)),
        ("Дата", "deal.invoice_date", _some(past(40), 0.6)),
        ("Дата", "deal.paid_date", _some(past(30), 0.5)),
        ("Сумма", "deal.paid_amount", _some(money(5000, 50000), 0.5)),
        ("Статус", "deal.stage", words("Новый", "КП", "Счёт выставлен", "Отказ")),
    )
    groups = [None, None, "Контакты", None, "КП", None, "Счёт", None, "Оплата", None, None]
    book = Book()
    grid, header, rows = sheet(
        "Продажи", columns, 40, seed=5, titles=[["Продажи 2026"]], groups=groups,
        group_merges=["A1:K1", "C2:D2", "E2:F2", "G2:H2", "I2:J2"],
    )  # fmt: skip
    book.grids["Продажи"], book.headers["Продажи"], book.rows["Продажи"] = grid, header, rows
    book.expected["Продажи"] = {index: fields for index, (_, fields, _) in enumerate(columns)}
    return book


def no_header() -> Book:
    """A list of clients without any header."""
    columns: Columns = (
        (None, "client.name", ru_person),
        (None, "client.phone", ru_phone),
        (None, "client.email", email),
        (None, "", words("Москва", "Тула")),
    )
    return Book().add("Список", columns, 40, no_header=True)


def gym() -> Book:
    """A gym: members, with bilingual headers and a side list."""
    columns: Columns = (
        ("ID / Карта", "client.id", numbered("M{:04}")),
        ("Имя / Name", "client.name", en_person),
        ("Phone / Тел.", "client.phone", uk_phone),
        ("Email / Почта", "client.email", email),
        ("Birthday / ДР", "client.birthday", born),
        ("Membership / Абонемент", "client.loyalty_status|client.contract", words("Gold", "Silver", "Day pass")),
        ("Joined / Клиент с", "client.first_purchase_date", past(900)),
        ("Expires / Действует до", "client.contract_until", soon(200)),
        ("Last visit / Посл. визит", "client.last_purchase_date", past(90)),
        ("Visits / Визитов", "client.orders_count", whole(1, 200)),
        ("Trainer / Тренер", "client.manager", EN_MANAGER),
        ("Newsletter / Рассылка", "client.mailing_consent", EN_YES),
        ("Notes / Заметки", "client.note", EN_NOTE),
    )
    return Book().add("Members", columns, 50)


def beauty() -> Book:
    """A journal of visits in which the client is written once and left empty below."""

    def once(make: Make) -> Make:
        return lambda rng, place: make(rng, place) if place % 3 == 0 else None

    columns: Columns = (
        ("Клиентка", "client.name", once(ru_person)),
        ("Тел", "client.phone", once(ru_phone)),
        ("Дата визита", "visit.date", past(200)),
        ("Процедура", "visit.service", words("маникюр", "педикюр", "брови")),
        ("Мастер", "visit.manager", words("Оля", "Катя")),
        ("Чек", "visit.amount", money(800, 6000)),
        ("Повторная запись", "visit.next_visit", _some(soon(30), 0.5)),
        ("Оценка 0-10", "survey.score", _some(whole(5, 11), 0.5)),
    )
    return Book().add("Визиты", columns, 48)


def builder_firm() -> Book:
    """A kitchen fitter in the US: jobs by stages, typed headers with slips, money as text."""
    columns: Columns = (
        ("Job #", "deal.id", numbered("J-{}", 200)),
        ("Cust. Name", "client.name", en_person),
        ("Cell", "client.phone", us_phone),
        ("E-Mail", "client.email", email),
        ("Job site address", "client.address", lambda rng, _: f"{rng.randrange(1, 900)} Oak Street"),
        ("How did they hear about us?", "client.source", words("Google", "Yard sign", "Referral")),
        ("Status", "deal.stage", words("Enquiry", "Survey booked", "Quote sent", "Deposit", "Completed", "Lost")),
        ("Date quoted", "deal.offer_date", _some(past(90), 0.7)),
        ("Quote $", "deal.amount", lambda rng, _: f"${rng.randrange(2, 40)},{rng.randrange(100, 999)}.00"),
        ("Deposit recieved", "deal.paid_amount", _some(money(500, 5000), 0.4)),
        ("Balance due", "deal.balance", _some(money(500, 9000), 0.4)),
        ("Install date", "deal.closed|", _some(past(60), 0.4)),
        ("Folow up date", "deal.next_step_date", _some(soon(20), 0.5)),
        ("Crew", "", words("A", "B")),
        ("Remarks", "client.note|deal.note", EN_NOTE),
    )
    return Book().add("2026 jobs", columns, 45, totals=[None, "TOTAL", None, None, None, None, None, None, 400000.0])


def consulting() -> Book:
    """An accountant: clients, and a register of invoices with debts."""
    clients: Columns = (
        ("Код клиента", "client.id", numbered("{:03}")),
        ("Организация", "client.name", ru_firm),
        ("ИНН/КПП", "client.tax_id", inn),
        ("Директор", "client.contact_person", ru_person),
        ("Моб. телефон", "client.phone", ru_phone),
        ("Рабочий телефон", "client.phone2", _some(ru_phone, 0.5)),
        ("Электронная почта", "client.email", email),
        ("№ договора", "client.contract", numbered("{}/2025")),
        ("Срок действия договора", "client.contract_until", soon(300)),
        ("Скидка %", "client.discount", _pick(0.0, 5.0, 10.0)),
        ("Ответственный бухгалтер", "client.manager", words("Орлова", "Крылова")),
        ("Особые условия", "client.special_terms", _some(words("оплата до 5 числа", "работает с НДС"), 0.4)),
    )
    bills: Columns = (
        ("Номер счёта", "deal.invoice_no|deal.id", numbered("С-{}")),
        ("Дата счёта", "deal.invoice_date", past(100)),
        ("Клиент", "deal.client", numbered("{:03}")),
        ("За что", "deal.title|deal.product|", words("ведение учёта", "отчётность")),
        ("Сумма", "deal.amount", ru_money),
        ("Оплатить до", "deal.due_date", soon(20)),
        ("Оплачено", "deal.paid_amount", _some(ru_money, 0.5)),
        ("Дата оплаты", "deal.paid_date", _some(past(60), 0.5)),
        ("Задолженность", "deal.balance", _some(ru_money, 0.4)),
        ("Статус", "deal.stage", words("Выставлен", "Оплачен", "Просрочен")),
    )
    return Book().add("Клиенты", clients, 40).add("Счета", bills, 40)


def leads() -> Book:
    """A list of leads pasted from a site's form, without sums."""
    columns: Columns = (
        ("created_at", "client.first_contact_date|lead.created", past(60)),
        ("full_name", "client.name", en_person),
        ("phone_number", "client.phone", us_phone),
        ("email", "client.email", email),
        ("utm_source", "client.source|lead.source", words("google", "meta", "bing")),
        ("utm_campaign", "", words("spring", "brand")),
        ("lead_status", "lead.stage", words("New", "Contacted", "Qualified", "Unqualified")),
        ("assigned_to", "client.manager|lead.manager", EN_MANAGER),
        ("follow_up_date", "lead.next_step_date", _some(soon(10), 0.6)),
        ("lost_reason", "lead.lost_reason", _some(words("price", "no answer"), 0.2)),
    )
    return Book().add("New leads", columns, 50)


ALL: dict[str, Callable[[], Book]] = {
    maker.__name__: maker
    for maker in (
        distribution, dental, salon, shop, hotel, school, garage, insurance, estate, agency, stacked, no_header, gym,
        beauty, builder_firm, consulting, leads,
    )
}  # fmt: skip
